#ifndef FARWATCH_CKAFKAMOCK_H
#define FARWATCH_CKAFKAMOCK_H

// librdkafka's mock clusters for tests: brokers on real TCP ports of this machine, with faults on command.
#include <stddef.h>
#include <stdint.h>

typedef struct fw_kafka_mock fw_kafka_mock;

fw_kafka_mock *fw_kafka_mock_start(int brokers);
void fw_kafka_mock_stop(fw_kafka_mock *mock);
const char *fw_kafka_mock_bootstraps(const fw_kafka_mock *mock);
int fw_kafka_mock_create_topic(fw_kafka_mock *mock, const char *topic, int partitions, int replicas);
void fw_kafka_mock_topic_error(fw_kafka_mock *mock, const char *topic, int error);
int fw_kafka_mock_set_leader(fw_kafka_mock *mock, const char *topic, int partition, int broker);
int fw_kafka_mock_set_down(fw_kafka_mock *mock, int broker, int down);
int fw_kafka_mock_set_rtt(fw_kafka_mock *mock, int broker, int milliseconds);
void fw_kafka_mock_push_error(fw_kafka_mock *mock, int api, int error, int times);
// Writes one record and waits until it is acknowledged; 0 when it is. Lengths of -1: none.
int fw_kafka_mock_produce(
    fw_kafka_mock *mock, const char *topic, int partition, const void *key, ptrdiff_t keyLength, const void *value,
    ptrdiff_t valueLength);
// Stores a consumer group's offset; 0 when it is stored.
int fw_kafka_mock_commit(fw_kafka_mock *mock, const char *group, const char *topic, int partition, int64_t offset);

#endif
