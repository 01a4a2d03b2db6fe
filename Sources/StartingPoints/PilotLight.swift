// swift-format-ignore-file
// Made of examples/pilot-light by packaging/starting-points: change those files, then run that.

extension StartingPoint {
  static let pilotLight = StartingPoint(
    name: "pilot-light", summary: "one region that serves, and dumps in another cloud from which it would be rebuilt", regions: ["aws", "azure"],
    files: [
      File(name: "farwatch.yml", text: #"""
# Pilot light: a shop that runs on AWS in Seoul, and of which Azure holds nothing but dumps of its database, five minutes
# apart. Servers are created there in a disaster only. README.md beside this file tells what it watches and who is paged.
#
# Yours to change: host names, the storage account, the health check's id, the files under secrets/ and the receivers
# under `topics`. Farwatch belongs in a third place: neither in Seoul nor in the Azure region.

vantage: singapore            # where this watcher stands
listen: 0.0.0.0:9797          # the backup host and the emergency scripts visit /ping/<id>
external_url: https://farwatch.petclinic.example/
state: /var/lib/farwatch

regions:
  aws: {role: primary, share: 100}
  azure: {role: backup, share: 0}

health:
  defaults: {interval: 10s, timeout: 5s, failures: 2, successes: 2, confirm: 500ms}
  checks:
    - {name: petclinic, region: aws, http: {url: "https://aws.petclinic.example/actuator/health", status: 200, json: {status: UP}}}
    # All that Azure has in normal times. Without a signature it answers 400 or 409, which shows that it is there.
    - {name: blob-storage, region: azure, http: {url: "https://drbackupstorage1234.blob.core.windows.net/", status: 4xx}}

    # The backup host: `curl …/ping/<id>/start`, then mysqldump | gzip | az storage blob upload, then `curl …/ping/<id>/$?`.
    # It is to be heard of every 5 minutes; its loss is no loss of AWS.
    - {name: backup-host, region: aws, counts: false, push: {id_file: secrets/backup-host.id, period: 5m, grace: 2m}}

    # The steps of an emergency: each script of azure/scripts/ visits its id with /start when it begins, and without when
    # it has ended well. The yearly test runs all of them, so a year without a visit is an alert as well. rules.yml has the
    # times by which each must be done: 15, 30, 90 and 120 minutes.
    - {name: emergency-response, region: azure, counts: false, push: {id_file: secrets/emergency-response.id, period: 366d, grace: 31d}}
    - {name: database-recovery, region: azure, counts: false, push: {id_file: secrets/database-recovery.id, period: 366d, grace: 31d}}
    - {name: service-deployment, region: azure, counts: false, push: {id_file: secrets/service-deployment.id, period: 366d, grace: 31d}}

    # The drills' calendar: whoever ends one visits its id. Visit all of them once when you begin: what was never heard of
    # is told after five minutes, too.
    - {name: drill-monthly-tabletop, region: azure, counts: false, push: {id_file: secrets/drill-monthly.id, period: 31d, grace: 7d}}
    - {name: drill-quarterly-partial, region: azure, counts: false, push: {id_file: secrets/drill-quarterly.id, period: 92d, grace: 14d}}
    - {name: drill-yearly-full, region: azure, counts: false, push: {id_file: secrets/drill-yearly.id, period: 366d, grace: 31d}}

backups:
  # What a disaster would be recovered from: mysqldump every 5 minutes, complete, not empty, of a plausible size.
  - job: mysql-dumps
    region: azure
    every: 5m
    objective: 5m             # the recovery point objective
    interval: 30s
    min_size: 1KB             # less is an empty database
    min_ratio: 0.5            # half the size of those before, or twice it, is no ordinary day
    max_ratio: 2
    expected_count: 288       # a day of them
    azure_blob:
      account: drbackupstorage1234
      container: mysql-backups
      match: "backup_*.sql.gz"
      time_format: "backup_%Y%m%d_%H%M%S.sql.gz" # UTC
      sas_file: secrets/azure-sas # may read and list, nothing else
      restore_test_every: 92d # each quarter, with the partial failover
      restore_test: {push: drill-quarterly-partial}
    verify: {gzip: true, trailer: mysqldump}

# Plan A, the warm standby, in place of the dumps: DMS copies all the time. RPO 1 min, RTO 5 min.
#
# replication:
#   - link: dms
#     engine: cloudwatch
#     preset: dms             # CDCLatencySource and CDCLatencyTarget of the task
#     source: {region: aws}
#     targets: [{region: azure, aws_region: ap-northeast-2, dimensions: {ReplicationInstanceIdentifier: petclinic, ReplicationTaskIdentifier: TASK}}]
#     rpo: 1m
#     shared_credentials_file: secrets/aws
# and under `workloads`: data: [{link: dms, backups: [mysql-dumps]}], objectives: {rpo: 1m, rto: 5m}

collect:
  # Who answers at the front door, from a header that AWS, Azure and the maintenance page set differently. The maintenance
  # page is no region: while it answers, nobody serves.
  - name: front
    interval: 10s
    timeout: 5s
    marker: {url: "https://petclinic.example/", from_header: X-Site, regions: {aws: "aws*", azure: "azure-petclinic*"}, requests: 4}
  - name: maintenance-page
    interval: 10s
    timeout: 5s
    marker: {url: "https://petclinic.example/", from_header: X-Site, regions: {azure: "azure-maintenance*"}, requests: 1}
  # Which record of the failover pair Route 53 answers with.
  - name: dns
    interval: 10s
    timeout: 5s
    steering:
      query: petclinic.example
      resolvers: [1.1.1.1, 8.8.8.8]
      regions:
        aws: [203.0.113.0/24, "*.ap-northeast-2.elb.amazonaws.com"]
        azure: [198.51.100.0/24, "*.cloudapp.azure.com"]
  # What Route 53's own checkers say of the primary record.
  - name: route53
    interval: 30s
    route53:
      health_checks: {petclinic: 11111111-2222-3333-4444-555555555555}
      shared_credentials_file: secrets/aws

workloads:
  - name: petclinic
    regions: [aws, azure]
    data: [{backups: [mysql-dumps]}]
    traffic: front
    # Five minutes of data; 2 to 4 hours until it runs on Azure: 2 is the plan (rules.yml), more than 4 breaks the promise.
    objectives: {rpo: 5m, rto: 4h}

rule_files: [rules.yml, ../../rules/*.yml]

topics:
  oncall: {subscriptions: [{protocol: https, endpoint: "https://pager.petclinic.example/sns"}]}
  office: {subscriptions: [{protocol: https, endpoint: "https://chat.petclinic.example/sns"}]}
routes:
  - {match: {severity: page}, topic: oncall}
  - {topic: office}
inhibit_rules:
  # What AWS' loss brings with it need not be told again.
  - source_matchers: [alertname="RegionDown", region="aws"]
    target_matchers: [alertname=~"CheckDown|RegionDegraded|Route53HealthCheckFailing|FrontDoorSilent", region=~"aws|"]

"""#),
      File(name: "rules.yml", text: #"""
# What this design promises beyond what the shipped rules watch: an emergency that keeps to its plan. All times are counted
# from the first bad sample. (Old, missing and doubtful backups, and gaps in their series, are in the shipped rules.)
groups:
  - name: pilot-light-emergency
    interval: 15s
    rules:
      - record: petclinic:emergency:elapsed_seconds
        expr: |
          time() - farwatch_failover_step_timestamp_seconds{workload="petclinic", step="first_bad"}
            and on (workload)
          farwatch_failover_in_progress == 1

      # The plan: T+15, T+30, T+90, T+120.
      - {record: petclinic:emergency:target_seconds, labels: {phase: maintenance-page}, expr: vector(15 * 60)}
      - {record: petclinic:emergency:target_seconds, labels: {phase: database-recovery}, expr: vector(30 * 60)}
      - {record: petclinic:emergency:target_seconds, labels: {phase: service-deployment}, expr: vector(90 * 60)}
      - {record: petclinic:emergency:target_seconds, labels: {phase: service}, expr: vector(120 * 60)}

      # 1 for what has been done in this emergency.
      - record: petclinic:emergency:done
        labels: {phase: maintenance-page}
        expr: |
          farwatch_marker_share{service="maintenance-page", region="azure"} > bool 0
            or
          (farwatch_checkin_last_success_timestamp_seconds{check="emergency-response"}
            > bool on () group_left () farwatch_failover_step_timestamp_seconds{workload="petclinic", step="first_bad"})
      - record: petclinic:emergency:done
        labels: {phase: database-recovery}
        expr: |
          farwatch_checkin_last_start_timestamp_seconds{check="database-recovery"}
            > bool on () group_left () farwatch_failover_step_timestamp_seconds{workload="petclinic", step="first_bad"}
      - record: petclinic:emergency:done
        labels: {phase: service-deployment}
        expr: |
          farwatch_checkin_last_success_timestamp_seconds{check="service-deployment"}
            > bool on () group_left () farwatch_failover_step_timestamp_seconds{workload="petclinic", step="first_bad"}

      - alert: EmergencyBehindPlan
        expr: |
          max by (phase) (petclinic:emergency:target_seconds)
            < on () group_left () max(petclinic:emergency:elapsed_seconds)
            unless on (phase)
          max by (phase) (petclinic:emergency:done) == 1
        labels:
          severity: page
        annotations:
          summary: "The emergency is behind its plan: {{ $labels.phase }} should be done after {{ $value | humanizeDuration }}"
          description: >-
            {{ with query "max(petclinic:emergency:elapsed_seconds)" }}{{ . | first | value | humanizeDuration }}{{ end }} after the
            first bad sample {{ $labels.phase }} is not done. The plan is: maintenance page and switch of DNS after 15
            minutes, recovery of the database begun after 30, the shop deployed on Azure after 90, served after 120.

"""#),
    ])
}
