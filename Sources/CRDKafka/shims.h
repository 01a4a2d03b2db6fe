#ifndef FARWATCH_CRDKAFKA_SHIMS_H
#define FARWATCH_CRDKAFKA_SHIMS_H

// librdkafka as it is, and its macros that Swift cannot see.
#include <librdkafka/rdkafka.h>

static inline int64_t fw_kafka_offset_tail(int64_t count) { return RD_KAFKA_OFFSET_TAIL(count); }

#endif
