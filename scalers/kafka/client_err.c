/* What the client library's errors mean to us. */
#include "scaler/base/mem.h"
#include "scalers/kafka/client.h"

static const struct {
    rd_kafka_resp_err_t theirs;
    enum err_code ours;
} codes[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ERR_TIMEOUT},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ERR_TIMEOUT},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERR_TIMEOUT},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ERR_TIMEOUT},
    {RD_KAFKA_RESP_ERR__TRANSPORT, ERR_IO},
    {RD_KAFKA_RESP_ERR__RESOLVE, ERR_IO},
    {RD_KAFKA_RESP_ERR__SSL, ERR_IO},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ERR_IO},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, ERR_IO},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, ERR_AUTH},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERR_CONFIG},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, ERR_CONFIG},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ERR_UNAVAILABLE},
    {RD_KAFKA_RESP_ERR__DESTROY, ERR_CANCELED},
};

enum err_code kafka_err_code(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].theirs == code)
            return codes[i].ours;
    }
    return ERR_PROTOCOL;
}

int kafka_client_err(const struct kafka_client *client, rd_kafka_resp_err_t code, struct err *err,
                     const char *what)
{
    enum err_code ours = kafka_err_code(code);
    const struct err *problem = &client->problem;
    if ((ours == ERR_TIMEOUT || ours == ERR_IO) && problem->code != 0)
        return err_set(err, (enum err_code)problem->code, "%s: %s", what, problem->msg);
    if (ours == ERR_TIMEOUT)
        return err_set(err, ERR_TIMEOUT, "%s: the broker does not answer", what);
    return err_set(err, ours, "%s: %s", what, rd_kafka_err2str(code));
}
