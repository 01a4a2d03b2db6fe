// swift-format-ignore-file
// Made of examples/tiers by packaging/starting-points: change those files, then run that.

extension StartingPoint {
  static let tiers = StartingPoint(
    name: "tiers", summary: "one region: zones, tiers behind a load balancer, a database with a standby", regions: ["seoul", "seoul-b"],
    files: [
      File(name: "farwatch.yml", text: #"""
# Tiers inside one region: instances in two availability zones behind a load balancer, with Auto Scaling; a database with a
# standby in the other zone behind a proxy; sessions in Redis. What is lost is replaced by itself, so the question is not
# whether something is down, but whether a tier is, and whether the replacement came. README.md beside this file tells more.
#
# Yours to change: host names, the files under secrets/ and the receivers under `topics`.

vantage: office
listen: 127.0.0.1:9797
state: /var/lib/farwatch
aws_region: ap-northeast-2

regions:
  seoul:
    role: primary
    # Checks of a tier stand in for each other; every tier is needed. A zone is down when a tier of it is; one zone left
    # is enough. So one instance degrades its zone, a zone degrades the region, and only both are an outage.
    tiers: {entry: {}, web: {minimum_healthy: 1}, database: {}, sessions: {}}
    zones: {minimum_healthy: 1}
  # Where the standby of the database is: the other zone.
  seoul-b: {role: standby}

health:
  defaults: {interval: 5s, timeout: 3s, failures: 2, successes: 2, confirm: 500ms}
  checks:
    # Every tier has a health check. The entry is what people see: the load balancer.
    - {name: load-balancer, region: seoul, tier: entry, http: {url: "https://www.example.com/health", status: 200}}
    # The instances, each by itself.
    - {name: web-a1, region: seoul, zone: a, tier: web, http: {url: "http://web-a1.internal:8080/health", status: 200}}
    - {name: web-a2, region: seoul, zone: a, tier: web, http: {url: "http://web-a2.internal:8080/health", status: 200}}
    - {name: web-b1, region: seoul, zone: b, tier: web, http: {url: "http://web-b1.internal:8080/health", status: 200}}
    - {name: web-b2, region: seoul, zone: b, tier: web, http: {url: "http://web-b2.internal:8080/health", status: 200}}
    # The database as the application reaches it, through the proxy: it must accept writes, whichever server is behind it.
    - name: database
      region: seoul
      tier: database
      postgres:
        dsn_file: secrets/proxy.dsn
        role: primary
        # Which server answers: another value is another server (rules.yml).
        query: SELECT floor(extract(epoch FROM pg_postmaster_start_time()))
        min: 0
        write: {table: farwatch.canary}
    - {name: standby, region: seoul-b, postgres: {dsn_file: secrets/standby.dsn}}
    # Sessions outlive instances: in Redis, written and read back.
    - {name: sessions, region: seoul, tier: sessions, redis: {host: sessions.internal, port: 6379, role: master, write_key: "farwatch:canary"}}

replication:
  # Multi-AZ: synchronous, nothing may be lost.
  - link: orders
    engine: postgres
    source: {region: seoul, dsn_file: secrets/writer.dsn}
    targets: [{region: seoul-b, dsn_file: secrets/standby.dsn}]
    rpo: 1s
    interval: 250ms

collect:
  # The hosts that the load balancer and Auto Scaling count.
  - name: aws
    interval: 60s
    timeout: 20s
    cloudwatch:
      regions: [ap-northeast-2]
      period: 60s
      presets: [alb]
      metrics:
        - {namespace: AWS/AutoScaling, name: GroupInServiceInstances, statistics: [Minimum], dimensions: {AutoScalingGroupName: "*"}}
        - {namespace: AWS/AutoScaling, name: GroupDesiredCapacity, statistics: [Maximum], dimensions: {AutoScalingGroupName: "*"}}
      shared_credentials_file: secrets/aws

workloads:
  - name: shop
    regions: [seoul, seoul-b]
    data: [{link: orders}]
    writer: orders
    objectives: {rpo: 1s, rto: 2m}

rule_files: [rules.yml, ../../rules/*.yml]

topics:
  oncall: {subscriptions: [{protocol: https, endpoint: "https://pager.example.com/sns"}]}
  office: {subscriptions: [{protocol: https, endpoint: "https://chat.example.com/sns"}]}
routes:
  - {match: {severity: page}, topic: oncall}
  - {topic: office}
inhibit_rules:
  - source_matchers: [alertname="RegionDown"]
    target_matchers: [alertname=~"CheckDown|RegionDegraded|ZoneDown"]
    equal: [region]

"""#),
      File(name: "rules.yml", text: #"""
# What the design promises beyond what the shipped rules watch: that what is lost is replaced.
groups:
  - name: tiers
    interval: 15s
    rules:
      - alert: ZoneDown
        expr: farwatch_zone_state{state="down"} == 1
        labels:
          severity: warn
        annotations:
          summary: "Zone {{ $labels.zone }} of {{ $labels.region }} is down"
          description: >-
            No instance of a tier answers in zone {{ $labels.zone }}. The load balancer sends people to the other zones, and
            Auto Scaling is to add instances there: half of the capacity is gone until it has.

      # Another server answers than before.
      - alert: StandbyPromoted
        expr: changes(probe_postgres_query_value{check="database"}[10m]) > 0
        labels:
          severity: warn
        annotations:
          summary: "The database of {{ $labels.region }} is served by another server"
          description: >-
            In the last ten minutes another server has taken over behind the proxy, or the server was started anew. See that
            it has a standby again: until then the next failure is an outage.

      # Auto Scaling replaces an instance in minutes; what takes longer is not on its way.
      - alert: InstanceNotReplaced
        expr: |
          aws_autoscaling_group_in_service_instances_minimum
            < on (auto_scaling_group_name, region)
          aws_autoscaling_group_desired_capacity_maximum
        for: 10m
        labels:
          severity: warn
        annotations:
          summary: "{{ $labels.auto_scaling_group_name }} has {{ $value }} instances in service, and wants more"
          description: >-
            For ten minutes Auto Scaling has not brought {{ $labels.auto_scaling_group_name }} back to its size.

      # A tier without a health check fails unseen.
      - alert: TierUnwatched
        expr: |
          label_replace(vector(4), "region", "seoul", "", "")
            > on (region)
          count by (region) (count by (region, tier) (farwatch_tier_state{region="seoul"}))
        for: 10m
        labels:
          severity: warn
        annotations:
          summary: "A tier of {{ $labels.region }} has no health check that tells"
          description: >-
            The design has {{ $value }} tiers in {{ $labels.region }}: entry, web, database and sessions. Not all of them are
            measured.

"""#),
    ])
}
