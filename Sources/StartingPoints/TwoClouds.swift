// swift-format-ignore-file
// Made of examples/two-clouds by packaging/starting-points: change those files, then run that.

extension StartingPoint {
  static let twoClouds = StartingPoint(
    name: "two-clouds", summary: "two clouds that both serve, half and half, behind Cloudflare", regions: ["aws", "gcp"],
    files: [
      File(name: "farwatch.yml", text: #"""
# Two clouds, both serving half: AWS and GCP behind a Cloudflare load balancer, RDS for MySQL with a replica in Cloud SQL
# (one primary at a time, promoted by hand), ElastiCache and Memorystore in step, a VPN between them. README.md beside this
# file tells what it watches and who is paged.
#
# Yours to change: host names, Cloudflare's account and token, the files under secrets/ and the receivers under `topics`.
# Farwatch belongs in a third place: it must see the loss of either cloud.

vantage: office
listen: 127.0.0.1:9797
state: /var/lib/farwatch

regions:
  aws: {role: active, share: 50}
  gcp: {role: active, share: 50}

health:
  defaults: {interval: 5s, timeout: 3s, failures: 2, successes: 2, confirm: 500ms}
  checks:
    - {name: app, region: aws, http: {url: "https://aws.shop.example/health", status: 200}}
    - {name: app, region: gcp, http: {url: "https://gcp.shop.example/health", status: 200}}
    # Whether the VPN carries: seen from here, each cloud's side of it.
    - {name: vpn, region: aws, counts: false, tcp: {address: "vpn.aws.shop.example:443"}}
    - {name: vpn, region: gcp, counts: false, tcp: {address: "vpn.gcp.shop.example:443"}}
    - {name: cache, region: aws, counts: false, redis: {host: cache.aws.shop.example, port: 6379}}
    - {name: cache, region: gcp, counts: false, redis: {host: cache.gcp.shop.example, port: 6379}}
  # While none of these answers it is this watcher that is offline, and nobody is called down.
  canaries:
    - {name: resolver, tcp: {address: "1.1.1.1:443"}}
  canaries_needed: 1

replication:
  # All writes go to one primary. Two at a time page at once.
  - link: shop
    engine: mysql
    source: {region: aws, host: db.aws.shop.example, port: 3306, user: watch, password_file: secrets/mysql.password}
    targets: [{region: gcp, host: db.gcp.shop.example, port: 3306, user: watch, password_file: secrets/mysql.password}]
    rpo: 30s
  - link: cache
    engine: redis
    source: {region: aws, host: cache.aws.shop.example, port: 6379}
    targets: [{region: gcp, host: cache.gcp.shop.example, port: 6379}]
    rpo: 1m

collect:
  # Who answers at the front door, from a header that each cloud sets. 40 requests a pass: half the traffic is not missed
  # by chance.
  - name: front
    interval: 5s
    timeout: 5s
    marker: {url: "https://shop.example/health", from_header: X-Cloud, regions: {aws: "aws*", gcp: "gcp*"}, requests: 40}
  # What Cloudflare's own monitors say of its pools.
  - name: edge
    interval: 15s
    cloudflare:
      token_file: secrets/cloudflare.token
      account: 023e105f4ecef8ad9ca31a8372d0c353
      pools: [aws-pool, gcp-pool]
      regions: {aws: "aws-*", gcp: "gcp-*"}

workloads:
  - name: shop
    regions: [aws, gcp]
    data: [{link: shop}]
    writer: shop
    traffic: front
    check: app
    # 30 s to 2 min until the other cloud carries all of it; 99.99 % of the time it is to be there.
    objectives: {rpo: 30s, rto: 2m, availability: 99.99%}

rule_files: [rules.yml, ../../rules/*.yml]

topics:
  oncall: {subscriptions: [{protocol: https, endpoint: "https://pager.shop.example/sns"}]}
  office: {subscriptions: [{protocol: https, endpoint: "https://chat.shop.example/sns"}]}
routes:
  - {match: {severity: page}, topic: oncall}
  - {topic: office}
inhibit_rules:
  - source_matchers: [alertname="RegionDown"]
    target_matchers: [alertname=~"CheckDown|RegionDegraded|CloudflarePoolUnhealthy"]
    equal: [region]

"""#),
      File(name: "rules.yml", text: #"""
# What this design promises beyond what the shipped rules watch.
groups:
  - name: two-clouds
    interval: 15s
    rules:
      # Both clouds are well, and one carries more than 65 %.
      - alert: TrafficNotHalved
        expr: |
          max by (service) (farwatch_marker_share{service="front"}) > 0.65
            and on () count(farwatch_region_state{state="up"} == 1) == 2
        for: 5m
        labels:
          severity: warn
        annotations:
          summary: "One cloud carries {{ $value | humanizePercentage }} of the traffic"
          description: >-
            For five minutes the load balancer has not split the traffic 50 to 50 while both clouds are well: a pool is
            disabled, or its monitor sees what Farwatch does not.

      # One cloud is down: the other is to carry everything in 30 seconds, and then no request at the front door fails. (A
      # failure is seen for 30 seconds; so what holds for a minute has failed for 30 seconds.)
      - alert: TrafficNotTakenOver
        expr: |
          increase(farwatch_marker_failed_requests_total{service="front"}[30s]) > 0
            and on () count(farwatch_region_state{state="down"} == 1) > 0
        for: 1m
        labels:
          severity: page
        annotations:
          summary: "A cloud is down, and the load balancer still sends people there"
          description: >-
            Everybody was to be sent to the other cloud within 30 seconds; requests at the front door go on failing. Disable
            the pool of the cloud that is down by hand.

      # The database changes over by hand: somebody must do it.
      - alert: PromotionNeeded
        expr: |
          farwatch_region_state{region="aws", state="down"} == 1
            unless on ()
          farwatch_replication_writer{link="shop"} == 1
        for: 30s
        labels:
          severity: page
        annotations:
          summary: "The primary database went down with {{ $labels.region }}: promote the replica"
          description: >-
            No server of the shop's database accepts writes. The replica is to be promoted by hand; what it lacks is in
            farwatch_data_at_risk_seconds.

      # Both sides of the VPN.
      - alert: VPNDown
        expr: max by (region) (farwatch_check_state{check="vpn", state="down"}) == 1
        for: 1m
        labels:
          severity: page
        annotations:
          summary: "The VPN gateway of {{ $labels.region }} does not answer"
          description: >-
            Replication and cache synchronisation run through it: what is written now is in one cloud alone.

"""#),
    ])
}
