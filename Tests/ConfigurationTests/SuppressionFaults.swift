private func inhibit(_ rule: String) -> String { region + "inhibit_rules:\n- \(rule)\n" }
private func times(_ entry: String) -> String {
  region + "time_intervals:\n- name: n\n  time_intervals:\n  - \(entry)\n"
}
private func maintenance(_ more: String) -> String { region + "maintenance:\n- {name: n, \(more)}\n" }

/// Faults of inhibition, time intervals and maintenance windows.
let suppressionFaults: [Fault] = [
  Fault(
    inhibit("{source_matchers: [a=b]}"), "3:3: missing key `target_matchers`: which alerts are kept back"),
  Fault(
    inhibit("{target_match: {a: b}}"), "3:3: missing key `source_matchers`: which alerts keep others back"),
  Fault(
    inhibit("{source_matchers: [], target_matchers: [a=b]}"),
    "3:21: an empty list would make every alert a source"),
  Fault(
    inhibit("{source_matchers: [a=b], target_matchers: []}"),
    "3:45: an empty list would make every alert a target"),
  Fault(
    inhibit(#"{source_matchers: [a=b, 'c ~ d'], target_matchers: ['e=~"("', '']}"#),
    "3:30: expected =, !=, =~ or !~", #"3:59: invalid regular expression "(": missing ): ("#,
    "3:65: must not be empty"),
  Fault(
    inhibit("{source_match: [a], source_match_re: {a: '['}, target_match_re: {a: '('}}"),
    "3:18: expected a mapping, found a list", #"3:44: invalid regular expression "[": missing ]: ["#,
    #"3:71: invalid regular expression "(": missing ): ("#),
  Fault(
    inhibit("{source_matchers: [a=b], target_matchers: [a=c], equal: region, wait: 2h}"),
    "3:59: expected a list, found \"region\"", "3:73: must be between 0s and 1h, found 2h"),
  Fault(
    inhibit("{source_matchers: [a=b], target_matchers: '{}', name: x}"),
    "3:45: expected a list, found the text \"{}\"",
    "3:51: unknown key `name`; expected one of `source_matchers`, `source_match`, `source_match_re`, "
      + "`target_matchers`, `target_match`, `target_match_re`, `equal`, `wait`"),
  Fault(
    inhibit("{source_matchers: ['{}'], target_matchers: [a=c]}"),
    "3:22: expected a matcher such as severity=\"page\""),
  Fault(
    region + "time_intervals:\n- {name: a, time_intervals: [{}]}\n- {name: a, time_intervals: []}\n",
    "4:3: time interval \"a\" is declared a second time; first in line 3",
    "4:3: the time interval \"a\" has no times"),
  Fault(region + "time_intervals: [{}]", "2:18: missing key `name`", "2:18: missing key `time_intervals`"),
  Fault(
    times("times: [{start_time: '9:00', end_time: 25:00}, {start_time: '10:00', end_time: '24:00'}]"),
    #"5:26: expected a time from 00:00 to 24:00, found the text "9:00""#,
    #"5:44: expected a time from 00:00 to 24:00, found "25:00""#),
  Fault(
    times("times: [{start_time: '22:00', end_time: '06:00'}, {start_time: '22:00'}]"),
    "5:45: the end is not after the start; write two ranges for a night", "5:55: missing key `end_time`"),
  Fault(
    times("weekdays: [mon, friday:monday, 'monday:tuesday:friday', Monday]"),
    #"5:16: expected a weekday or a range such as monday:friday, found "mon""#,
    #"5:21: the end of the range "friday:monday" is before its start"#,
    #"5:36: expected a weekday or a range such as monday:friday, found "monday:tuesday:friday""#),
  Fault(
    times("days_of_month: [0, 32, '-1:1', '5:2', '-1:-3', '20:-15', '1:31', '28:-1', '1:-28']"),
    #"5:21: expected a day from 1 to 31, from -1 to -31 or a range such as 1:7 or -3:-1, found "0""#,
    #"5:24: expected a day from 1 to 31, from -1 to -31 or a range such as 1:7 or -3:-1, found "32""#,
    #"5:28: a range that starts from the end of the month must end there: "-1:1""#,
    #"5:36: the end of the range "5:2" is always before its start"#,
    #"5:43: the end of the range "-1:-3" is always before its start"#,
    #"5:52: the end of the range "20:-15" is always before its start"#),
  Fault(
    times("{months: [13, may:april], years: [0, '2027:2026', x]}"),
    #"5:15: expected a month or a range such as november:december or 1:3, found "13""#,
    #"5:19: the end of the range "may:april" is before its start"#,
    #"5:39: expected a year or a range such as 2026:2028, found "0""#,
    #"5:42: the end of the range "2027:2026" is before its start"#,
    #"5:55: expected a year or a range such as 2026:2028, found "x""#),
  Fault(
    times("{times: [], weekdays: []}"),
    "5:13: an empty list is no time at all; leave the key out for all times",
    "5:27: an empty list is no time at all; leave the key out for all times"),
  Fault(
    times("location: Europe/Berln"),
    #"5:15: unknown time zone "Europe/Berln"; zones are named as Europe/Berlin, America/New_York or UTC"#),
  Fault(
    times("location: ../../../etc/passwd"),
    #"5:15: unknown time zone "../../../etc/passwd"; zones are named as Europe/Berlin, America/New_York or UTC"#
  ),
  Fault(
    times("location: leapseconds"),
    #"5:15: the file of the time zone "leapseconds" is no time zone file (TZif)"#),
  Fault(
    times("timezone: UTC"),
    "5:5: unknown key `timezone`; expected one of `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`"
  ),
  Fault(
    maintenance("from: 2026-12-05, to: 2026-12-06T00:00:00Z, matchers: [a=b]"),
    #"3:19: expected a time such as 2026-12-01T22:00:00+01:00, found "2026-12-05""#),
  Fault(
    maintenance("from: 2026-12-06T00:00:00+08:00, to: 2026-12-05T16:00:00Z, matchers: [a=b]"),
    "3:50: the end is not after the start"),
  Fault(
    maintenance("from: 2026-12-05T00:00:00Z, to: 2026-12-06T00:00:00Z, matchers: []"),
    "3:77: would take every alert: at least one matcher must not match the empty string"),
  Fault(
    maintenance("from: 2026-12-05T00:00:00Z, to: 2026-12-06T00:00:00Z, matchers: ['a=~\"x|\"', 'b=']"),
    "3:77: would take every alert: at least one matcher must not match the empty string"),
  Fault(
    region + "maintenance: [{name: '', comment: [a]}]", "2:15: missing key `from`", "2:15: missing key `to`",
    "2:15: missing key `matchers`", "2:22: must not be empty", "2:35: expected text, found a list"),
  Fault(
    maintenance(
      "from: 2026-12-05T00:00:00Z, to: 2026-12-06T00:00:00Z, matchers: [a=b]}\n- {name: n, from: 2026-12-05T00:00:00Z, to: 2026-12-06T00:00:00Z, matchers: [a=b]"
    ),
    "4:3: maintenance window \"n\" is declared a second time; first in line 3"),
]
