/// Databases, caches and streams.
extension Runbooks {
  static let databases: [String: Page] = [
    "postgres-subscription-stuck": Page(
      title: "Postgres subscription stuck",
      meaning: """
        A subscriber meets a row or a permission that it cannot get past, and begins anew every few seconds.
        """,
      steps: [
        """
        The subscriber's log names the table, the key and, from PostgreSQL 15, the transaction's finish \
        position.
        """,
        """
        Either remove what is in the way on the subscriber (the row that is there already), or skip the \
        transaction: ALTER SUBSCRIPTION … SKIP (lsn = '…') (15 and newer). Skipping loses the whole \
        transaction there: write down which.
        """,
        """
        Ask why somebody wrote on the subscriber. Watch the publisher's disk meanwhile: the slot keeps log \
        (farwatch_postgres_slot_retained_bytes).
        """,
      ]),
    "postgres-subscription-disabled": Page(
      title: "Postgres subscription disabled",
      meaning: "ALTER SUBSCRIPTION … ENABLE, unless somebody is at work.",
      steps: [
        """
        With disable_on_error the server itself has disabled it: see postgres-subscription-stuck. If it is \
        meant to stay off, drop it together with its slot, or the publisher's disk fills.
        """
      ]),
    "postgres-tables-not-ready": Page(
      title: "Postgres tables not ready",
      meaning: """
        SELECT srrelid::regclass, srsubstate FROM pg_subscription_rel WHERE srsubstate <> 'r' on the \
        subscriber. d that stays: the copy is slow, or fails again and again (…_sync_errors_total rises, the \
        log says why: rows that are there already, a missing column).
        """,
      steps: [
        "More tables at a time: max_sync_workers_per_subscription."
      ]),
    "postgres-slot-missing": Page(
      title: "Postgres slot missing",
      meaning: """
        Somebody dropped the slot, or the source was rebuilt or failed over without it (slots are not \
        replicated before PostgreSQL 17).
        """,
      steps: [
        """
        For a streaming standby that still keeps up: make the slot anew with its old name. For a \
        subscription: the changes since are lost to it; make the slot, then copy the tables anew.
        """
      ]),
    "postgres-replay-paused": Page(
      title: "Postgres replay paused",
      meaning: """
        SELECT pg_get_wal_replay_pause_state() on the standby; SELECT pg_wal_replay_resume() when nobody \
        needs the pause.
        """,
      steps: [
        """
        A standby also pauses by itself when a setting such as max_connections is lower than on its \
        primary: raise it and restart.
        """
      ]),
    "heartbeat-not-written": Page(
      title: "Replication heartbeat not written",
      meaning: "The link goes on measuring by positions while it reaches the source.",
      steps: [
        """
        The failure's detail in the log says which: the source is down, is a standby (a failover: move the \
        writer to the new primary), the table is missing (create: true or the statement in the README), or \
        the account lacks INSERT, UPDATE (and DELETE with keep).
        """
      ]),
    "postgres-connections": Page(
      title: "Postgres connections nearly used up",
      meaning: """
        SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 \
        DESC.
        """,
      steps: [
        """
        Idle ones in great number: a pool that is too large. idle in transaction: end them with \
        pg_terminate_backend(pid). Raise max_connections last: it needs a restart.
        """
      ]),
    "mysql-primary-dead": Page(
      title: "MySQL primary dead",
      meaning: """
        Two witnesses agree: Farwatch cannot reach the source, and every replica that answers has lost it \
        too (its IO thread is not running, or has heard nothing for two of the source's heartbeats).
        """,
      steps: [
        """
        Look at farwatch_replication_recovery_point_timestamp_seconds of each target: time() - it is what \
        a failover loses.
        """,
        """
        A target with SQL_Delay holds more in its relay log than it has executed: STOP REPLICA; CHANGE … \
        DELAY = 0; START REPLICA SQL_THREAD first.
        """,
        """
        Fence the old primary before you promote: when it comes back writable, that is a split brain.
        """,
        """
        Promote: STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = 0, move the writers, point the \
        other replicas to it.
        """,
      ]),
    "mysql-primary-unreachable": Page(
      title: "MySQL primary unreachable",
      meaning: "A replica receives from the source, so it runs.",
      steps: [
        """
        Check the network and the firewall between Farwatch and the source, its max_connections, and the \
        account. Do not fail over for this.
        """
      ]),
    "mysql-nobody-answers": Page(
      title: "MySQL nobody answers",
      meaning: "Nothing of the link answers.",
      steps: [
        """
        Compare with other links and with the canary checks: if they fail too, Farwatch is cut off.
        """
      ]),
    "mysql-replication-stopped": Page(
      title: "MySQL replication stopped",
      meaning: "The link's log line names the thread and the error's number.",
      steps: [
        """
        the SQL thread is stopped without an error: somebody stopped it. START REPLICA SQL_THREAD.
        """,
        """
        1062 or 1032: source and target differ. Find out who wrote to the target (errant transactions); \
        rebuild it rather than skip.
        """,
        """
        1236, 13114: the source has purged the log that the target needs. Rebuild the target; keep logs \
        longer.
        """,
        """
        1045, 1130: the replication account's password or address. 2003, 2013: the way between the \
        servers.
        """,
        """
        has heard nothing …: the connection is dead, and the server has not noticed. STOP REPLICA \
        IO_THREAD; START REPLICA IO_THREAD, and lower slave_net_timeout (its default is a minute).
        """,
        "replicates from …: the target follows another server than the link's source.",
      ]),
    "mysql-errant-transactions": Page(
      title: "MySQL errant transactions",
      meaning: "The target executed transactions that the source does not have.",
      steps: [
        """
        SELECT GTID_SUBTRACT('<target>', '<source>') lists them on MySQL; on MariaDB compare \
        @@gtid_binlog_state. Rebuild the target, or inject empty transactions on the source before a \
        failover makes them everybody's.
        """
      ]),
    "mysql-target-accepts-writes": Page(
      title: "MySQL target accepts writes",
      meaning: """
        SET GLOBAL read_only = 1 (MySQL: super_read_only = 1) on the target, and the same in its \
        configuration file.
        """,
      steps: [
        "Where targets shall accept writes, say targets_may_write: true."
      ]),
    "mysql-heartbeat": Page(
      title: "MySQL heartbeat not written",
      meaning: "The writer's log line says what is missing.",
      steps: [
        """
        Needed: CREATE TABLE farwatch.heartbeat (server_id INT UNSIGNED NOT NULL PRIMARY KEY, ts \
        DATETIME(6) NOT NULL) and GRANT SELECT, INSERT, UPDATE, DELETE ON farwatch.heartbeat for its \
        account.
        """
      ]),
    "redis-replica-gone": Page(
      title: "A Redis replica has vanished from its master",
      meaning: """
        the master does not list a replica that it listed within the last day. \
        redis_connected_slave_lag_seconds goes on growing for it.
        """,
      steps: [
        """
        Is it gone on purpose (scaled in, moved to another address)? Then silence this alert; it ends \
        after a day, or with a restart of Farwatch.
        """,
        """
        farwatch_redis_link_state of the replica's region says how it sees its link. \
        farwatch_redis_failure_reason says whether it answers at all.
        """,
        """
        Frequent comings and goings: client-output-buffer-limit replica is too small, or repl-timeout too \
        short for the distance.
        """,
      ]),
    "redis-not-receiving": Page(
      title: "A Redis replica receives nothing",
      meaning: """
        never_connected: it has never reached its master. down: the link is broken. silent: nothing came for \
        longer than silence, though the replica calls the link up.
        """,
      steps: [
        """
        never_connected: masterauth / masteruser, the master's address, its TLS port, firewalls. The \
        replica's log says which.
        """,
        """
        silent: the network between the two drops packets without a reset. Do not fail over to this \
        replica before its recovery point is young again.
        """,
        "The recovery point stands still and ages: that is the truth.",
      ]),
    "redis-beyond-backlog": Page(
      title: "A Redis replica is further behind than the backlog reaches",
      meaning: """
        a broken link now costs a full synchronization: the master forks and writes its whole data set, the \
        replica serves nobody while it loads.
        """,
      steps: [
        "Is the link too slow for what is written, or the replica blocked (slow Lua, big keys)?",
        """
        CONFIG SET repl-backlog-size to what is written in the longest outage that should be bridged.
        """,
      ]),
    "redis-heartbeat": Page(
      title: "A Redis heartbeat is not written",
      meaning: "the collector that writes it fails, or is gone.",
      steps: [
        """
        farwatch_collector_up{kind="redis_heartbeat"} and its log line give the reason: NOAUTH, NOPERM, \
        MISCONF (the master cannot save and takes no writes), NOREPLICAS, OOM.
        """,
        """
        After a failover write the heartbeat to the new master as well: a writer whose server is a replica \
        rests.
        """,
      ]),
    "kafka-offline-partitions": Page(
      title: "Kafka partitions have no leader",
      meaning: "all replicas of them are down or out of sync. They take no records and give none.",
      steps: [
        """
        Which brokers hold them: kafka-topics.sh --describe --unavailable-partitions. Bring one of those \
        in sync back first.
        """,
        """
        unclean.leader.election.enable trades records for availability: decide, do not drift into it.
        """,
      ]),
    "kafka-under-replicated": Page(
      title: "Kafka partitions lack replicas in sync",
      meaning: """
        fewer copies than configured. With min.insync.replicas unmet producers with acks=all fail.
        """,
      steps: [
        """
        A broker is down, or too slow to follow (disk, network, GC). kafka-topics.sh --describe \
        --under-replicated-partitions.
        """
      ]),
    "mirror-unmirrored": Page(
      title: "MirrorMaker has mirrored nothing of some partitions",
      meaning: """
        the source has records in them and Kafka Connect has no offset for them. Lag cannot be told; the \
        recovery point does not move.
        """,
      steps: [
        "New topic: MirrorMaker finds it after refresh.topics.interval.seconds (10 minutes).",
        """
        Is the topic excluded (topics, topics.exclude), or does the principal lack Read on the source or \
        Write on the target? Connect's log says so.
        """,
        "A failed task: GET /connectors/<name>/status.",
      ]),
  ]
}
