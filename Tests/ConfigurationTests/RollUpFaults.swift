/// Faults of what regions' states are made of.
private func health(_ more: String) -> String {
  region + "health:\n  checks: [{name: c, region: r, http: {url: 'http://h'}}]\n  \(more)\n"
}

let rollUpFaults: [Fault] = [
  Fault("regions: {r: {tiers: [web]}}", "1:22: expected a mapping, found a list"),
  Fault(
    "regions: {r: {tiers: {web: {minimum: 1}}}}",
    "1:29: unknown key `minimum`; expected one of `minimum_healthy`, `needed`"),
  Fault(
    "regions: {r: {tiers: {web: {minimum_healthy: 0%}}}}",
    #"1:46: expected a number of checks such as 2, or a share such as 50%, found "0%""#),
  Fault(
    "regions: {r: {tiers: {web: {minimum_healthy: half}}}}",
    #"1:46: expected a number of checks such as 2, or a share such as 50%, found "half""#),
  Fault("regions: {r: {tiers: {web: {needed: maybe}}}}", #"1:37: expected true or false, found "maybe""#),
  Fault(
    "regions: {r: {zones: {minimum_healthy: -1}}}",
    "1:40: expected a number of checks such as 2, or a share such as 50%, found the number -1"),
  Fault("regions: {r: {traffic: 5}}", "1:24: expected a mapping, found the number 5"),
  Fault("regions: {r: {traffic: {errors: a}}}", "1:24: missing key `requests`"),
  Fault(
    "regions: {r: {traffic: {requests: a, error: b}}}", "1:38: unknown key `error`; did you mean `errors`?"),
  Fault("regions: {r: {traffic: {requests: ''}}}", "1:35: must not be empty"),
  Fault(
    "regions: {r: {traffic: {requests: 'sum(rate(a[1m])'}}}",
    #"1:51: cannot parse the expression: unclosed left parenthesis"#),
  Fault(
    "regions: {r: {traffic: {requests: a, errors: 'rate(a)'}}}",
    #"1:52: cannot parse the expression: expected type range vector in call to function "rate", got instant vector"#
  ),
  Fault(
    "regions: {r: {traffic: {requests: 'a[1m]'}}}",
    "1:35: must give a number or an instant vector, not range vector: such as sum(rate(\u{2026}[1m]))"),
  Fault(
    "regions: {r: {traffic: {requests: '\"five\"'}}}",
    "1:35: must give a number or an instant vector, not string: such as sum(rate(\u{2026}[1m]))"),
  Fault(check("url: 'http://h'", "zone: '', "), "2:46: must not be empty"),
  Fault(check("url: 'http://h'", "tier: '', "), "2:46: must not be empty"),
  Fault(check("url: 'http://h'", "weight: 0, "), "2:48: must be between 0.001 and 1000, found 0"),
  Fault(check("url: 'http://h'", "counts: 1, "), "2:48: expected true or false, found the number 1"),
  Fault(
    check("url: 'http://h'", "proves_way_out: 1, "), "2:56: expected true or false, found the number 1"),
  Fault(health("calculated: [{name: x, region: r, of: [], at_least: 1}]"), "4:41: needs at least one check"),
  Fault(
    health("calculated: [{name: x, region: r, of: [c], at_least: 2}]"), "4:56: at least 2 of 1 can never be"),
  Fault(
    health("calculated: [{name: x, region: r, of: [cc], at_least: 1}]"),
    #"4:16: region r has no check "cc"; did you mean "c"?"#),
  Fault(
    health("calculated: [{name: c, region: r, of: [c], at_least: 1}]"),
    #"4:16: check "r/c" is declared a second time; first in line 3"#),
  Fault(
    health("calculated: [{name: x, region: r, of: [c], at_least: 1, inverted: 2}]"),
    "4:69: expected true or false, found the number 2"),
  Fault(
    health("calculated: [{name: x, region: r, of: [c], at_least: 1, members_count: 2}]"),
    "4:74: expected true or false, found the number 2"),
  Fault(health("canaries_needed: 2"), "4:20: there are only 0 canaries"),
  Fault(
    health("canaries: [{name: w, region: r, http: {url: 'http://h'}}]"),
    "4:24: unknown key `region`; expected one of `name`, `interval`, `timeout`, `failures`, `successes`, `confirm`, \(checkKinds)"
  ),
  Fault(
    health("canaries: [{name: w, http: {url: 'http://h'}}, {name: w, http: {url: 'http://h'}}]"),
    #"4:50: canary "w" is declared a second time; first in line 4"#),
]
