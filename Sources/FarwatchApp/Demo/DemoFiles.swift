/// The files that the demo's daemon reads: an ordinary configuration and an ordinary rule file.
struct DemoFiles {
  var listen: String
  var folder: String
  var regions: [(name: String, address: String)]
  var pager: String

  func on(_ address: String) -> DemoFiles {
    var copy = self
    copy.listen = address
    return copy
  }

  var configuration: String {
    let checks = regions.map {
      "    - {name: api, region: \($0.name), http: {url: \"\($0.address)/health\", json: {status: UP}}}"
    }
    let scrapes = regions.map {
      "  - {name: \($0.name)-shop, interval: 2s, scrape: {url: \"\($0.address)/metrics\"}}"
    }
    let bucket = "bucket: \(DemoBucket.name), path_style: true, credentials: anonymous"
    let nodes = regions.map { "{region: \($0.name), s3: {\(bucket), endpoint: \"\($0.address)\"}}" }
    return """
      vantage: demo
      listen: \(listen)
      state: \(folder)/state
      regions:
        taiwan:
          role: primary
          share: 60
          traffic: {requests: \(served("taiwan")), errors: \(served("taiwan", #",code=~"5..""#))}
        japan:
          role: secondary
          share: 40
          traffic: {requests: \(served("japan")), errors: \(served("japan", #",code=~"5..""#))}
      health:
        defaults: {interval: 2s, timeout: 1s, failures: 2, successes: 2, confirm: 500ms}
        checks:
      \(checks.joined(separator: "\n"))
      collect:
      \(scrapes.joined(separator: "\n"))
      replication:
        - link: uploads
          engine: object_store
          rpo: 10s
          interval: 2s
          timeout: 1s
          source: \(nodes[0])
          targets: [\(nodes[1])]
      backups:
        - job: mysql-backups
          region: japan
          directory: {path: \(folder)/backups, match: "backup_*.sql.gz", settle: 0}
          every: 30s
          interval: 5s
          min_size: 100B
          verify: {gzip: true, trailer: mysqldump}
      rule_files: [rules.yml]
      topics:
        critical: {subscriptions: [{protocol: http, endpoint: "\(pager)"}]}
      routes: [{match: {severity: page}, topic: critical}]
      inhibit_rules:
        - source_matchers: [alertname="RegionDown"]
          target_matchers: [alertname="CheckDown"]
          equal: [region]
          wait: 10s

      """
  }

  /// The expression for what a region serves.
  private func served(_ region: String, _ more: String = "") -> String {
    #"'sum(rate(shop_requests_total{site="\#(region)"\#(more)}[30s]))'"#
  }

  var rules: String {
    """
    groups:
      - name: demo
        interval: 5s
        rules:
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}
            annotations:
              summary: 'Region {{ $labels.region }} is down'
              description: >-
                Every health check of {{ $labels.region }} fails:
                {{- range query (printf "farwatch_probe_failure_reason{region=%q}" $labels.region) }}
                {{ .Labels.check }} ({{ .Labels.reason }}){{ end }}.
          - alert: CheckDown
            expr: max by (check, region) (farwatch_check_state{state="down"}) == 1
            labels: {severity: page}
            annotations:
              summary: 'Check {{ $labels.check }} fails in region {{ $labels.region }}'
          - alert: BackupStale
            expr: time() - backup_last_success_timestamp_seconds > on (job, type, repo, region) backup_objective_age_seconds
            labels: {severity: page}
            annotations:
              summary: 'Newest good backup of {{ $labels.job }} is {{ humanizeDuration $value }} old'

    """
  }
}
