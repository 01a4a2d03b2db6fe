/// Faults of workloads and of what watchers decide together.
private func workload(_ more: String) -> String {
  "regions: {r: {}, s: {}}\nhealth: {checks: [{name: c, region: r, http: {url: 'http://h'}}]}\nreplication:\n"
    + "- {link: l, engine: postgres, source: {region: r, dsn_env: A}, targets: [{region: s, dsn_env: B}], rpo: 1s}\n"
    + "workloads:\n- {name: w, regions: [r, s], \(more)}\n"
}

private func quorum(_ more: String) -> String {
  region + "collect: [{name: p, peer: {url: 'http://h/metrics'}}]\nquorum: {\(more)}\n"
}

let workloadFaults: [Fault] = [
  Fault(workload("writer: ll"), #"6:37: unknown link "ll"; did you mean "l"?"#),
  Fault(workload("traffic: dns"), #"6:38: unknown collector of traffic "dns""#),
  Fault(workload("check: x"), #"6:36: unknown check "x""#),
  Fault(workload("check: c"), #"6:36: region s has no check "c""#),
  Fault(
    workload("data: [{name: d}]"),
    "6:36: needs `link` or `backups`: without them nothing is known of the data"),
  Fault(workload("data: [{backups: [j]}]"), #"6:47: unknown backup job "j""#),
  Fault(workload("data: [{link: l}, {name: l, link: l}]"), #"6:35: data set "l" is declared twice"#),
  Fault(workload("objectives: {rpo: 0}"), "6:47: must be between 1ms and 1y1d, found 0s"),
  Fault(
    workload("objectives: {availability: 100%}"),
    #"6:56: expected a share below 100% such as 99.95%, found "100%""#),
  Fault(
    workload("objectives: {availability: 99.9%}"),
    "6:41: `availability` needs `check`: the health check that shows it"),
  Fault(quorum("agree: 3"), "3:17: there are only 2 watchers, this one and its `peer` collectors"),
  Fault(
    quorum("healthy_share: 18%, at_least: 3"),
    "3:40: there are only 2 watchers, this one and its `peer` collectors"),
  Fault(quorum("healthy_share: 18"), "3:25: expected a share such as 18%, found the number 18"),
  Fault(quorum("at_least: 1"), "3:20: goes with `healthy_share` only"),
  Fault(quorum("fresh_for: 1ms"), "3:21: must be between 1s and 1h, found 1ms"),
]
