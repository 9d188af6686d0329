/* The rows of the metrics-api trigger (spec/keda-scalers.md §8). */
#include <stddef.h>

#include "scalers/metrics_api/config.h"

static const char *const formats[] = {"json", "yaml", "xml", "prometheus", NULL};
static const char *const aggregations[] = {"average", "sum", "max", "min", NULL};

#define METADATA                                                                                             \
    {                                                                                                        \
        PARAM_FROM_METADATA                                                                                  \
    }
#define AT(member) offsetof(struct metrics_api_config, member)

const struct param_row metrics_api_rows[] = {
    {.names = {"url"},
     .type = PARAM_STRING,
     .from = METADATA,
     .required = true,
     .doc = "Asked with GET; only an answer with status 200 counts.",
     .offset = AT(url)},
    {.names = {"valueLocation"},
     .type = PARAM_STRING,
     .from = METADATA,
     .required = true,
     .doc = "Where the number is: a GJSON path (`json`), keys and indexes joined by dots (`yaml`), a series "
            "such as `name{label=\"value\"}` (`prometheus`).",
     .offset = AT(value_location)},
    {.names = {"format"},
     .type = PARAM_STRING,
     .from = METADATA,
     .default_text = "json",
     .choices = formats,
     .doc =
         "Of the answer: `json`, `yaml` or `prometheus`; `xml` is refused, as KEDA gets no value out of it "
         "either.",
     .offset = AT(format_name)},
    {.names = {"targetValue"},
     .type = PARAM_FLOAT,
     .from = METADATA,
     .default_text = "0",
     .doc = "Target value per replica (metricType AverageValue) or in all (Value); required and not 0 unless "
            "the object has scalingModifiers.",
     .offset = AT(target)},
    {.names = {"activationTargetValue"},
     .type = PARAM_FLOAT,
     .from = METADATA,
     .default_text = "0",
     .doc = "The trigger is active when the value is greater than this.",
     .offset = AT(activation)},
    {.names = {"unsafeSsl"},
     .type = PARAM_BOOL,
     .from = METADATA,
     .default_text = "false",
     .doc = "Do not verify the server's certificate.",
     .offset = AT(unsafe_ssl)},
    {.names = {"timeout"},
     .type = PARAM_DURATION,
     .from = METADATA,
     .default_text = "0",
     .doc = "Time allowed for one request; the process's default (3s) if 0.",
     .offset = AT(timeout_ns)},
    {.names = {"aggregateFromKubeServiceEndpoints"},
     .type = PARAM_BOOL,
     .from = METADATA,
     .default_text = "false",
     .doc = "Asking every endpoint of a Service is not supported: `true` is refused.",
     .offset = AT(aggregate)},
    {.names = {"aggregationType"},
     .type = PARAM_STRING,
     .from = METADATA,
     .default_text = "average",
     .choices = aggregations,
     .doc = "Goes with aggregateFromKubeServiceEndpoints, so it has no effect.",
     .offset = AT(aggregation_type)},
};
