/* The program. It alone sees all rooms, and hands the trigger types to those who must not. */
#include <curl/curl.h>
#include <signal.h>

#include "scaler/base/mem.h"
#include "scaler/cli/cli.h"
#include "scalers/api.h"

int main(int argc, char **argv)
{
    static const struct scaler_registry registry = {.find = scaler_find};
    static const struct trigger_schemas schemas = {.find = scaler_find_schema};
    const struct cli_context context = {.registry = &registry, .schemas = &schemas, .all_types = scaler_all};
    mem_setup();
    signal(SIGPIPE, SIG_IGN); /* a peer that closes is an error of its connection, not of the process */
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = cli_main(argc, argv, &context);
    curl_global_cleanup();
    return status;
}
