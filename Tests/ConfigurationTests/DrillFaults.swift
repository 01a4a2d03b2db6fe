/// Faults of drills.
private func drills(_ more: String) -> String {
  "regions: {r: {}, s: {}}\nworkloads: [{name: shop, regions: [r, s]}]\ndrills: {\(more)}\n"
}

let drillFaults: [Fault] = [
  Fault(
    "regions: {r: {}}\ndrills: {}\n", "2:9: needs `workloads` to be rehearsed: there are none"),
  Fault(
    drills("calendar: {full: hourly}"),
    #"3:27: expected weekly, monthly, quarterly, yearly or a duration from 1h to 5y such as 45d, found "hourly""#
  ),
  Fault(
    drills("calendar: {full: 59m}"),
    #"3:27: expected weekly, monthly, quarterly, yearly or a duration from 1h to 5y such as 45d, found "59m""#
  ),
  Fault(
    drills("calendar: {ful: yearly}"),
    "3:21: unknown key `ful`; did you mean `full`?"),
  Fault(
    drills("plans: [{workload: shp}]"), #"3:29: unknown workload "shp"; did you mean "shop"?"#),
  Fault(
    drills("plans: [{workload: shop}, {workload: shop}]"), #"3:17: workload "shop" has two plans"#),
  Fault(
    drills("plans: [{workload: shop, phases: [{name: a}, {name: a}]}]"),
    #"3:43: phase "a" is declared twice"#),
  Fault(
    drills("plans: [{workload: shop, phases: [{name: a, within: 8d}]}]"),
    "3:62: must be between 1s and 1w, found 8d"),
  Fault(drills("plans: [{phases: []}]"), "3:18: missing key `workload`"),
]
