#include "CKafkaMock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct fw_kafka_mock {
  rd_kafka_t *owner;
  rd_kafka_mock_cluster_t *cluster;
  rd_kafka_t *writer;
};

static rd_kafka_t *producer(const char *bootstraps) {
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, NULL);
  rd_kafka_conf_set(conf, "linger.ms", "0", error, sizeof error);
  if (bootstraps != NULL) rd_kafka_conf_set(conf, "bootstrap.servers", bootstraps, error, sizeof error);
  return rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
}

fw_kafka_mock *fw_kafka_mock_start(int brokers) {
  fw_kafka_mock *mock = calloc(1, sizeof *mock);
  if (mock == NULL) return NULL;
  mock->owner = producer(NULL);
  if (mock->owner != NULL) mock->cluster = rd_kafka_mock_cluster_new(mock->owner, brokers);
  if (mock->cluster != NULL) mock->writer = producer(rd_kafka_mock_cluster_bootstraps(mock->cluster));
  if (mock->writer == NULL) {
    fw_kafka_mock_stop(mock);
    return NULL;
  }
  return mock;
}

void fw_kafka_mock_stop(fw_kafka_mock *mock) {
  if (mock->writer != NULL) rd_kafka_destroy(mock->writer);
  if (mock->cluster != NULL) rd_kafka_mock_cluster_destroy(mock->cluster);
  if (mock->owner != NULL) rd_kafka_destroy(mock->owner);
  free(mock);
}

const char *fw_kafka_mock_bootstraps(const fw_kafka_mock *mock) {
  return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

int fw_kafka_mock_create_topic(fw_kafka_mock *mock, const char *topic, int partitions, int replicas) {
  return rd_kafka_mock_topic_create(mock->cluster, topic, partitions, replicas);
}

void fw_kafka_mock_topic_error(fw_kafka_mock *mock, const char *topic, int error) {
  rd_kafka_mock_topic_set_error(mock->cluster, topic, (rd_kafka_resp_err_t)error);
}

int fw_kafka_mock_set_leader(fw_kafka_mock *mock, const char *topic, int partition, int broker) {
  return rd_kafka_mock_partition_set_leader(mock->cluster, topic, partition, broker);
}

int fw_kafka_mock_set_down(fw_kafka_mock *mock, int broker, int down) {
  return down ? rd_kafka_mock_broker_set_down(mock->cluster, broker)
              : rd_kafka_mock_broker_set_up(mock->cluster, broker);
}

int fw_kafka_mock_set_rtt(fw_kafka_mock *mock, int broker, int milliseconds) {
  return rd_kafka_mock_broker_set_rtt(mock->cluster, broker, milliseconds);
}

void fw_kafka_mock_push_error(fw_kafka_mock *mock, int api, int error, int times) {
  for (int i = 0; i < times; i++) {
    rd_kafka_resp_err_t one = (rd_kafka_resp_err_t)error;
    rd_kafka_mock_push_request_errors_array(mock->cluster, (int16_t)api, 1, &one);
  }
}

int fw_kafka_mock_produce(
    fw_kafka_mock *mock, const char *topic, int partition, const void *key, ptrdiff_t keyLength, const void *value,
    ptrdiff_t valueLength) {
  rd_kafka_topic_t *to = rd_kafka_topic_new(mock->writer, topic, NULL);
  if (to == NULL) return -1;
  int code = rd_kafka_produce(
      to, partition, RD_KAFKA_MSG_F_COPY, valueLength < 0 ? NULL : (void *)value,
      valueLength < 0 ? 0 : (size_t)valueLength, keyLength < 0 ? NULL : key, keyLength < 0 ? 0 : (size_t)keyLength, NULL);
  if (code == 0) code = rd_kafka_flush(mock->writer, 10000);
  rd_kafka_topic_destroy(to);
  return code;
}

int fw_kafka_mock_commit(fw_kafka_mock *mock, const char *group, const char *topic, int partition, int64_t offset) {
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, NULL);
  rd_kafka_conf_set(conf, "bootstrap.servers", fw_kafka_mock_bootstraps(mock), error, sizeof error);
  rd_kafka_conf_set(conf, "group.id", group, error, sizeof error);
  rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (consumer == NULL) return -1;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
  int code = rd_kafka_commit(consumer, list, 0);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return code;
}
