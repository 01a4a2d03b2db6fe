extension Dashboard {
  static let replication = Dashboard(
    uid: "farwatch-replication", title: "Farwatch / Replication",
    description: "How far each target is, whether its link works, and what stands in the way.",
    from: "now-6h",
    variables: [.region, .link],
    rows: [
      Row("Links", [links, age, backlog, linkState, roles, splitBrain, heartbeat, heard]),
      Row("PostgreSQL", [slots, slotRoom, receivers, subscriptions]),
      Row("MySQL, Redis, Kafka, object stores", [mysql, redis, kafka, objects]),
      Row("Alerts", [.alerts("Firing alerts of links", ", link=~\".+\"")]),
    ])

  private static let edge = "by (link, source_region, target_region)"

  private static let links = Panel(
    "Links", "Beyond its objective a link loses more in a failover than was agreed.", .table,
    [
      Query(Expressions.recoveryPointAge, "behind", .seconds),
      Query(Expressions.recoveryPointObjective, "objective", .seconds),
      Query("min \(edge) (farwatch_replication_up{link=~\"$link\"})", "works", .plain),
      Query("max \(edge) (farwatch_replication_lag_bytes{link=~\"$link\"})", "not replayed", .bytes),
    ], width: 24, height: 7, whenEmpty: "no link is watched")

  private static let age = Panel(
    "Recovery point age", "What a failover would lose, in time. It goes on growing while nothing is known.",
    .timeSeries(stacked: false), [Query(Expressions.recoveryPointAge, "{{link}} → {{target_region}}")],
    unit: .seconds, whenEmpty: "no link is watched")

  private static let backlog = Panel(
    "Not replayed", "Log that the source has written and the target has not replayed.",
    .timeSeries(stacked: false),
    [
      Query("max \(edge) (farwatch_replication_lag_bytes{link=~\"$link\"})", "{{link}} → {{target_region}}")
    ], unit: .bytes, whenEmpty: "no link is watched")

  private static let linkState = Panel(
    "Link states", "Whether both ends answer in their roles, on one history, and the target receives.",
    .stateTimeline,
    [Query("min \(edge) (farwatch_replication_up{link=~\"$link\"})", "{{link}} → {{target_region}}")],
    unit: .plain, names: ValueName.yes("works", no: "broken", colours: (.green, .red)), height: 6,
    whenEmpty: "no link is watched")

  private static let roles = Panel(
    "Who accepts writes", "Where the bands change, somebody failed over.", .stateTimeline,
    Expressions.primaries,
    unit: .plain, names: ValueName.yes("primary", no: "replica", colours: (.blue, .text)), height: 6,
    whenEmpty: "no link is watched")

  private static let splitBrain = Panel(
    "Split brain", "Two servers of one cluster accept writes: fence one of them now.",
    .stat(sparkline: false),
    [Query("max by (link) (farwatch_replication_split_brain{link=~\"$link\"})", "{{link}}")], unit: .plain,
    names: ValueName.yes("split brain", no: "none", colours: (.red, .green)), width: 6, height: 6,
    whenEmpty: "no link is watched")

  private static let heartbeat = Panel(
    "Heartbeat age", "How old the newest heartbeat is that has come through to the target.",
    .timeSeries(stacked: false),
    [
      Query(
        "time() - max \(edge) (farwatch_replication_heartbeat_timestamp_seconds{link=~\"$link\"})",
        "{{link}} → {{target_region}}")
    ], unit: .seconds, width: 9, height: 6, whenEmpty: "no link writes heartbeats")

  private static let heard = Panel(
    "Last word from the source", "How long ago the target heard from the source.",
    .timeSeries(stacked: false),
    [
      Query(
        "time() - max \(edge) (farwatch_replication_last_message_timestamp_seconds{link=~\"$link\"})",
        "{{link}} → {{target_region}}")
    ], unit: .seconds, width: 9, height: 6, whenEmpty: "no link is watched")

  private static let slots = Panel(
    "Log kept by slots", "It fills the primary's disk while the standby is away.",
    .timeSeries(stacked: false),
    [
      Query(
        "max by (link, region, slot) (farwatch_postgres_slot_retained_bytes{link=~\"$link\", region=~\"$region\"})",
        "{{link}} {{slot}}")
    ], unit: .bytes, whenEmpty: "no link uses a slot")

  private static let slotRoom = Panel(
    "Room left to slots",
    "Log that may be written before the slot is lost and the standby must be seeded anew.",
    .timeSeries(stacked: false),
    [
      Query(
        "min by (link, region, slot) (farwatch_postgres_slot_safe_bytes{link=~\"$link\", region=~\"$region\"})",
        "{{link}} {{slot}}")
    ], unit: .bytes, whenEmpty: "no slot has a limit (max_slot_wal_keep_size)")

  private static let receivers = Panel(
    "WAL receivers", "The state of each standby's receiver.", .table,
    [
      Query(
        "max by (link, region, state) (farwatch_postgres_receiver_state{link=~\"$link\", region=~\"$region\"}) == 1",
        "1")
    ], unit: .plain, height: 6, whenEmpty: "no PostgreSQL standby is watched")

  private static let subscriptions = Panel(
    "Subscriptions that stand still", "Logical replication: stuck, or with tables not copied yet.", .table,
    [
      Query(
        "max by (link, region, subscription) (farwatch_postgres_subscription_stuck{link=~\"$link\"})",
        "stuck",
        .plain),
      Query(
        "max by (link, region, subscription) (farwatch_postgres_subscription_tables_not_ready{link=~\"$link\"})",
        "tables not ready", .count),
    ], height: 6, whenEmpty: "no subscription is watched")

  private static let mysql = Panel(
    "MySQL: behind the source", "Without the delay that is intended.", .timeSeries(stacked: false),
    [
      Query(
        "max by (link, region) (farwatch_mysql_replication_lag_seconds{link=~\"$link\"})",
        "{{link}} {{region}}")
    ], unit: .seconds, whenEmpty: "no MySQL link is watched")

  private static let redis = Panel(
    "Redis: stream position", "Where the lines part, a replica does not follow.", .timeSeries(stacked: false),
    [
      Query(
        "max by (link, region) (farwatch_redis_replication_offset_bytes{link=~\"$link\"})",
        "{{link}} {{region}}")
    ], unit: .bytes, whenEmpty: "no Redis link is watched")

  private static let kafka = Panel(
    "Kafka: not mirrored", "Records at the source that MirrorMaker has not mirrored.",
    .timeSeries(stacked: false),
    [
      Query("max by (link) (farwatch_mirrormaker_lag_records{link=~\"$link\"})", "{{link}}")
    ], whenEmpty: "no MirrorMaker link is watched")

  private static let objects = Panel(
    "Object stores: not copied", "Objects of the source that the target has not, or has older.",
    .timeSeries(stacked: false),
    [
      Query("max by (link) (farwatch_object_replication_missing_objects{link=~\"$link\"})", "{{link}}")
    ], whenEmpty: "no replication of object stores is watched")
}
