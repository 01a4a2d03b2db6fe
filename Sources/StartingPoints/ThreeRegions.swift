// swift-format-ignore-file
// Made of examples/three-regions by packaging/starting-points: change those files, then run that.

extension StartingPoint {
  static let threeRegions = StartingPoint(
    name: "three-regions", summary: "three regions of one cloud, all serving, one of which has the writer", regions: ["us-east-1", "eu-west-1", "ap-southeast-1"],
    files: [
      File(name: "farwatch.yml", text: #"""
# Three regions of one cloud, all serving: us-east-1 with the writer of an Aurora Global Database, eu-west-1 and
# ap-southeast-1 with its secondaries; Route 53 by latency, CloudFront, ElastiCache Global Datastore. README.md beside this
# file tells what it watches and who is paged.
#
# Yours to change: host names, the files under secrets/ and the receivers under `topics`. Route 53 checks from three
# regions; so may you: run this file in each of them, with its own `vantage`, and compare.

vantage: us-east-1
listen: 127.0.0.1:9797
state: /var/lib/farwatch
aws_region: us-east-1
aws_account: "123456789012"

regions:
  us-east-1: {role: primary}
  eu-west-1: {role: active}
  ap-southeast-1: {role: active}

health:
  # As Route 53 does: HTTPS /health on port 443, every 10 s, 3 failures.
  defaults: {interval: 10s, timeout: 4s, failures: 3, successes: 3, confirm: 500ms}
  checks:
    - {name: health, region: us-east-1, http: {url: "https://us-east-1.api.example.com:443/health", status: 200}}
    - {name: health, region: eu-west-1, http: {url: "https://eu-west-1.api.example.com:443/health", status: 200}}
    - {name: health, region: ap-southeast-1, http: {url: "https://ap-southeast-1.api.example.com:443/health", status: 200}}
    # The databases, and after a failover: the new primary accepts writes. A row of its own, on the primary only.
    - {name: database, region: us-east-1, postgres: {dsn_file: secrets/us-east-1.dsn, write: {table: farwatch.canary}}}
    - {name: database, region: eu-west-1, postgres: {dsn_file: secrets/eu-west-1.dsn, write: {table: farwatch.canary}}}
    - {name: database, region: ap-southeast-1, postgres: {dsn_file: secrets/ap-southeast-1.dsn, write: {table: farwatch.canary}}}
    # Whoever ends a failover test visits /ping/<id>: "last failover test: 7 days ago".
    - {name: failover-test, region: us-east-1, counts: false, push: {id_file: secrets/failover-test.id, period: 31d, grace: 7d}}

replication:
  # One primary, two secondaries; lag typically below 1 s, and no more may be lost.
  - link: orders
    engine: aurora
    source: {region: us-east-1, aws_region: us-east-1, dsn_file: secrets/us-east-1.dsn}
    targets:
      - {region: eu-west-1, aws_region: eu-west-1, dsn_file: secrets/eu-west-1.dsn}
      - {region: ap-southeast-1, aws_region: ap-southeast-1, dsn_file: secrets/ap-southeast-1.dsn}
    rpo: 1s
    interval: 250ms
  - link: sessions
    engine: redis
    source: {region: us-east-1, host: cache.us-east-1.example.com, port: 6379, password_file: secrets/redis.password}
    targets:
      - {region: eu-west-1, host: cache.eu-west-1.example.com, port: 6379, password_file: secrets/redis.password}
      - {region: ap-southeast-1, host: cache.ap-southeast-1.example.com, port: 6379, password_file: secrets/redis.password}
    rpo: 1m

collect:
  # The load balancers' hosts, requests a second and errors of each region, as CloudWatch counts them.
  - name: aws
    interval: 60s
    timeout: 20s
    cloudwatch:
      regions: [us-east-1, eu-west-1, ap-southeast-1]
      period: 60s
      presets: [alb]
      shared_credentials_file: secrets/aws
  # Where Route 53 sends people of three continents: asked on behalf of a network of each.
  - name: dns
    interval: 5s
    timeout: 3s
    steering:
      query: api.example.com
      resolvers:
        - {address: 8.8.8.8, client_subnet: 192.0.2.0/24}    # North America
        - {address: 8.8.8.8, client_subnet: 198.51.100.0/24} # Europe
        - {address: 8.8.8.8, client_subnet: 203.0.113.0/24}  # Asia
      regions:
        us-east-1: [10.1.0.0/16, "*.us-east-1.elb.amazonaws.com"]
        eu-west-1: [10.2.0.0/16, "*.eu-west-1.elb.amazonaws.com"]
        ap-southeast-1: [10.3.0.0/16, "*.ap-southeast-1.elb.amazonaws.com"]

workloads:
  - name: api
    regions: [us-east-1, eu-west-1, ap-southeast-1]
    data: [{link: orders}]
    writer: orders
    traffic: dns
    check: database
    # Data of less than a second, and less than a minute until writes are accepted again.
    objectives: {rpo: 1s, rto: 1m}

rule_files: [rules.yml, ../../rules/*.yml]
alarms: [alarms.yml]
alarm_topics: {Alerts: alerts}
alarm_mapping:
  metrics:
    # What the collector `aws` brings.
    - metric: HealthyHostCount
      namespace: AWS/ApplicationELB
      promql: min(aws_applicationelb_healthy_host_count_minimum{$dimensions})
      dimensions: {Region: region, LoadBalancer: load_balancer, TargetGroup: target_group}
      statistic: Minimum
      comparison: LessThanOrEqualToThreshold
      minimum: 0

topics:
  alerts: {subscriptions: [{protocol: https, endpoint: "https://pager.example.com/sns"}]}
  office: {subscriptions: [{protocol: https, endpoint: "https://chat.example.com/sns"}]}
routes:
  - {match: {severity: page}, topic: alerts}
  - {topic: office}
inhibit_rules:
  - source_matchers: [alertname="RegionDown"]
    target_matchers: [alertname=~"CheckDown|RegionDegraded"]
    equal: [region]

"""#),
      File(name: "rules.yml", text: #"""
# What the design's dashboard shows of each region, as series of their own, and what it promises of replication.
groups:
  - name: three-regions
    interval: 15s
    rules:
      # Latency, requests a second and errors: the three numbers of a region's card.
      - record: region:latency:seconds
        expr: max by (region) (probe_duration_seconds{check="health"})
      - record: region:requests:per_second
        expr: sum by (region) (aws_applicationelb_request_count_sum) / 60
      - record: region:errors:ratio
        expr: |
          sum by (region) (aws_applicationelb_httpcode_target_5xx_count_sum)
            / on (region)
          sum by (region) (aws_applicationelb_request_count_sum)
      # The edges from the primary.
      - record: edge:replication_lag:seconds
        expr: |
          timestamp(farwatch_replication_recovery_point_timestamp_seconds{link="orders"})
            - farwatch_replication_recovery_point_timestamp_seconds{link="orders"}
      # "Last failover test: 7 days ago".
      - record: failover_test:age:days
        expr: (time() - farwatch_checkin_last_success_timestamp_seconds{check="failover-test"}) / 86400

      # Typically below a second: every other look must be.
      - alert: ReplicationNotTypical
        expr: quantile_over_time(0.5, edge:replication_lag:seconds[10m]) > 1
        for: 2m
        labels:
          severity: warn
        annotations:
          summary: "{{ $labels.source_region }} → {{ $labels.target_region }}: the usual lag is {{ $value | humanizeDuration }}"
          description: >-
            For ten minutes half of the looks have found {{ $labels.target_region }} more than {{ $value | humanizeDuration }} behind;
            the design promises less than one second. An unplanned failover there loses that much.

"""#),
      File(name: "alarms.yml", text: #"""
# The alarms of the design as CloudWatch has them: no healthy host behind a load balancer, and a health endpoint that fails.

UsEast1:
  UsEast1NoHealthyHost:
    AlarmDescription: No host behind the load balancer of us-east-1 passes its health check.
    Namespace: AWS/ApplicationELB
    MetricName: HealthyHostCount
    Dimensions: {Region: us-east-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 0
    ComparisonOperator: LessThanOrEqualToThreshold
    AlarmActions: [!Ref Alerts]

  UsEast1HealthEndpointFails:
    AlarmDescription: The health endpoint of us-east-1 fails.
    Namespace: AWS/Route53
    MetricName: HealthCheckStatus
    Dimensions: {HealthCheckId: health, Region: us-east-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 1
    ComparisonOperator: LessThanThreshold
    AlarmActions: [!Ref Alerts]

EuWest1:
  EuWest1NoHealthyHost:
    AlarmDescription: No host behind the load balancer of eu-west-1 passes its health check.
    Namespace: AWS/ApplicationELB
    MetricName: HealthyHostCount
    Dimensions: {Region: eu-west-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 0
    ComparisonOperator: LessThanOrEqualToThreshold
    AlarmActions: [!Ref Alerts]

  EuWest1HealthEndpointFails:
    AlarmDescription: The health endpoint of eu-west-1 fails.
    Namespace: AWS/Route53
    MetricName: HealthCheckStatus
    Dimensions: {HealthCheckId: health, Region: eu-west-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 1
    ComparisonOperator: LessThanThreshold
    AlarmActions: [!Ref Alerts]

ApSoutheast1:
  ApSoutheast1NoHealthyHost:
    AlarmDescription: No host behind the load balancer of ap-southeast-1 passes its health check.
    Namespace: AWS/ApplicationELB
    MetricName: HealthyHostCount
    Dimensions: {Region: ap-southeast-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 0
    ComparisonOperator: LessThanOrEqualToThreshold
    AlarmActions: [!Ref Alerts]

  ApSoutheast1HealthEndpointFails:
    AlarmDescription: The health endpoint of ap-southeast-1 fails.
    Namespace: AWS/Route53
    MetricName: HealthCheckStatus
    Dimensions: {HealthCheckId: health, Region: ap-southeast-1}
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 1
    Threshold: 1
    ComparisonOperator: LessThanThreshold
    AlarmActions: [!Ref Alerts]

"""#),
    ])
}
