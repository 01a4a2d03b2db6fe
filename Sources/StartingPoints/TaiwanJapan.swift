// swift-format-ignore-file
// Made of examples/taiwan-japan by packaging/starting-points: change those files, then run that.

extension StartingPoint {
  static let taiwanJapan = StartingPoint(
    name: "taiwan-japan", summary: "two regions that both serve, 60 to 40, behind Route 53, with Aurora Global, Redis and Kafka", regions: ["taiwan", "japan"],
    files: [
      File(name: "farwatch.yml", text: #"""
# Taiwan and Japan, both serving, 60 to 40: a shop on EKS behind Route 53, with Aurora Global Database, ElastiCache Global
# Datastore and MSK with MirrorMaker 2 both ways. README.md beside this file tells what it watches and who is paged.
#
# Yours to change: host names, account numbers, the files under secrets/ and the two receivers under `topics`. Farwatch
# belongs in a third place: a watcher inside Taiwan goes down with Taiwan.

vantage: singapore            # where this watcher stands
listen: 127.0.0.1:9797
state: /var/lib/farwatch
aws_region: ap-northeast-1    # that messages name
aws_account: "123456789012"

regions:
  # All four tiers are needed, as in the readiness endpoint: application and database and cache and queue.
  taiwan: {role: primary, share: 60, tiers: {application: {}, database: {}, cache: {}, queue: {}}}
  japan: {role: secondary, share: 40, tiers: {application: {}, database: {}, cache: {}, queue: {}}}

health:
  # What the application's own routing does: look at application, database, cache and queue of each region every 5 s.
  defaults: {interval: 5s, timeout: 3s, failures: 2, successes: 2, confirm: 500ms}
  checks:
    - {name: application, region: taiwan, tier: application, http: {url: "https://taiwan.api.genai-demo.com/actuator/health/readiness", status: 200, json: {status: UP}}}
    - {name: application, region: japan, tier: application, http: {url: "https://japan.api.genai-demo.com/actuator/health/readiness", status: 200, json: {status: UP}}}
    # What Route 53 does: every 30 s, 2 failures, 10 s, latency measured. It feeds the alarms (alarms.yml); the region's
    # state follows from the checks that look more often. Route 53 waits 30 s for the second failure; here it is looked for
    # after 500 ms.
    - name: readiness
      region: taiwan
      counts: false
      interval: 30s
      timeout: 10s
      failures: 2
      http: {url: "https://taiwan.api.genai-demo.com/actuator/health/readiness", status: 200, json: {status: UP}}
    - name: readiness
      region: japan
      counts: false
      interval: 30s
      timeout: 10s
      failures: 2
      http: {url: "https://japan.api.genai-demo.com/actuator/health/readiness", status: 200, json: {status: UP}}
    - {name: database, region: taiwan, tier: database, postgres: {dsn_file: secrets/taiwan.dsn}}
    - {name: database, region: japan, tier: database, postgres: {dsn_file: secrets/japan.dsn}}
    - {name: cache, region: taiwan, tier: cache, redis: {host: cache.taiwan.genai-demo.com, port: 6379, password_file: secrets/redis.password}}
    - {name: cache, region: japan, tier: cache, redis: {host: cache.japan.genai-demo.com, port: 6379, password_file: secrets/redis.password}}
    - {name: queue, region: taiwan, tier: queue, kafka: {bootstrap: ["taiwan-msk-cluster:9092"]}}
    - {name: queue, region: japan, tier: queue, kafka: {bootstrap: ["japan-msk-cluster:9092"]}}
    # The monthly drill's last step, generate-dr-report.sh, visits /ping/<id>: a month without one is an alert. Visit it
    # once when you begin: what was never heard of is told after five minutes, too.
    - {name: monthly-drill, region: japan, counts: false, push: {id_file: secrets/drill.id, period: 31d, grace: 7d}}

replication:
  # Aurora's own account of its lag, asked of both regions. Its 99th percentile is to be below 1 s (rules.yml);
  # 5000 ms for three minutes is an alarm (alarms.yml); 5 minutes without reconciliation page.
  - link: orders
    engine: aurora
    source: {region: taiwan, aws_region: ap-east-2, dsn_file: secrets/taiwan.dsn}
    targets: [{region: japan, aws_region: ap-northeast-1, dsn_file: secrets/japan.dsn}]
    rpo: 5m
    interval: 250ms
  - link: sessions
    engine: redis
    source: {region: taiwan, host: cache.taiwan.genai-demo.com, port: 6379, password_file: secrets/redis.password}
    targets: [{region: japan, host: cache.japan.genai-demo.com, port: 6379, password_file: secrets/redis.password}]
    rpo: 5m
  # MirrorMaker 2 runs both ways. More than 10000 ms for two minutes is an alarm (alarms.yml).
  - link: events-to-japan
    engine: kafka
    alias: taiwan
    source: {region: taiwan, bootstrap: ["taiwan-msk-cluster:9092"]}
    target: {region: japan, bootstrap: ["japan-msk-cluster:9092"]}
    rpo: 5m
  - link: events-to-taiwan
    engine: kafka
    alias: japan
    source: {region: japan, bootstrap: ["japan-msk-cluster:9092"]}
    target: {region: taiwan, bootstrap: ["taiwan-msk-cluster:9092"]}
    rpo: 5m

collect:
  # Who answers at the front door, from a header that each region sets. 40 requests a pass, so that a region with 40 %
  # of the traffic is not missed by chance.
  - name: front
    interval: 5s
    timeout: 5s
    marker:
      url: https://api.genai-demo.com/actuator/health/readiness
      from_header: X-Region
      regions: {taiwan: "tw*", japan: "jp*"}
      requests: 40
  # Where Route 53 sends people: its weighted records, 60 and 40.
  - name: dns
    interval: 10s
    timeout: 5s
    steering:
      query: api.genai-demo.com
      resolvers: [1.1.1.1, 8.8.8.8]
      regions:
        taiwan: [203.0.113.0/24, "*.ap-east-2.elb.amazonaws.com"]
        japan: [198.51.100.0/24, "*.ap-northeast-1.elb.amazonaws.com"]

workloads:
  - name: shop
    regions: [taiwan, japan]
    data: [{link: orders}]
    writer: orders            # Aurora says which region accepts writes
    traffic: front
    check: application
    # Recovery in 30 s; what asynchronous replication may lose, below 1 s; and the availability that both regions are for.
    objectives: {rto: 30s, rpo: 1s, availability: 99.99%}

rule_files: [rules.yml, ../../rules/*.yml]
alarms: [alarms.yml]
alarm_topics: {CriticalAlertTopic: critical, WarningAlertTopic: warning}
alarm_mapping:
  dimensions:                 # what the alarms do not say: which check is meant
    TaiwanRegionUnhealthy: {HealthCheckId: readiness, Region: taiwan}
    JapanRegionUnhealthy: {HealthCheckId: readiness, Region: japan}

topics:
  critical: {subscriptions: [{protocol: https, endpoint: "https://pager.genai-demo.com/sns"}]}
  warning: {subscriptions: [{protocol: https, endpoint: "https://chat.genai-demo.com/sns"}]}
routes:
  - {match: {severity: page}, topic: critical}
  - {topic: warning}
inhibit_rules:
  # A region that is down has been told; what is wrong inside of it need not be.
  - source_matchers: [alertname="RegionDown"]
    target_matchers: [alertname=~"CheckDown|RegionDegraded"]
    equal: [region]

"""#),
      File(name: "rules.yml", text: #"""
# What this design promises beyond what the shipped rules watch.
groups:
  - name: taiwan-japan
    interval: 15s
    rules:
      # How far Japan was behind when it was last measured.
      - record: shop:replication_lag:seconds
        expr: |
          timestamp(farwatch_replication_recovery_point_timestamp_seconds{link="orders"})
            - farwatch_replication_recovery_point_timestamp_seconds{link="orders"}

      - alert: ReplicationLagP99
        expr: quantile_over_time(0.99, shop:replication_lag:seconds[1h]) > 1
        for: 5m
        labels:
          severity: warn
        annotations:
          summary: "{{ $labels.link }}: the 99th percentile of the lag to {{ $labels.target_region }} is {{ $value | humanizeDuration }}"
          description: >-
            Over the last hour one look in a hundred found {{ $labels.target_region }} more than {{ $value | humanizeDuration }} behind.
            The design promises less than one second: a failover would lose more than was agreed.

      # Connected again for five minutes, and still not in step.
      - alert: ReconciliationLate
        expr: |
          time() - farwatch_replication_recovery_point_timestamp_seconds > 60
            and on (link, target_region)
          min_over_time(farwatch_replication_up[5m]) == 1
        labels:
          severity: page
        annotations:
          summary: "{{ $labels.link }}: {{ $labels.target_region }} has not caught up in five minutes"
          description: >-
            {{ $labels.source_region }} and {{ $labels.target_region }} have been connected for five minutes, and
            {{ $labels.target_region }} is still {{ $value | humanizeDuration }} behind.

      # Both regions are up, and people are not sent to them as was meant: 60 to 40, within 15 points.
      - alert: TrafficNotAsMeant
        expr: |
          abs(farwatch_marker_share{service="front", region="taiwan"} - 0.6) > 0.15
            and on () count(farwatch_region_state{state="up"} == 1) == 2
        for: 5m
        labels:
          severity: warn
        annotations:
          summary: "Taiwan carries other than 60 % of the traffic"
          description: >-
            For five minutes Taiwan's part of the traffic has been more than 15 points away from 60 % while both regions are
            well: a record's weight was changed, or a health check of Route 53 sees what Farwatch does not.

"""#),
      File(name: "alarms.yml", text: #"""
# The alarms of the design as CloudWatch has them. What they leave out (statistic, comparison) comes from the mapping.
RegionHealthAlarms:
  TaiwanRegionUnhealthy:
    MetricName: HealthCheckStatus
    Threshold: 0
    EvaluationPeriods: 2
    Period: 60
    AlarmActions:
      - !Ref CriticalAlertTopic

  JapanRegionUnhealthy:
    MetricName: HealthCheckStatus
    Threshold: 0
    EvaluationPeriods: 2
    Period: 60
    AlarmActions:
      - !Ref CriticalAlertTopic

  CrossRegionReplicationLag:
    MetricName: AuroraGlobalDBReplicationLag
    Threshold: 5000  # 5 seconds
    EvaluationPeriods: 3
    Period: 60
    AlarmActions:
      - !Ref WarningAlertTopic

  MSKReplicationLag:
    MetricName: MirrorMaker2Lag
    Threshold: 10000  # 10 seconds
    EvaluationPeriods: 2
    Period: 60
    AlarmActions:
      - !Ref WarningAlertTopic

"""#),
    ])
}
