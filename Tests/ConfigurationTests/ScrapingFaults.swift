/// Faults of checks by programs and of other programs' pages.
private func exec(_ more: String) -> String {
  region + "health: {checks: [{name: c, region: r, exec: {\(more)}}]}\n"
}

private func scrape(_ more: String, _ around: String = "") -> String {
  region + "collect: [{name: s, \(around)scrape: {url: 'http://h', \(more)}}]\n"
}

private func relabel(_ more: String) -> String { scrape("metric_relabel_configs: [{\(more)}]") }

let scrapingFaults: [Fault] = [
  Fault(exec("command: []"), "2:56: needs the path of a program, and its arguments"),
  Fault(
    exec("command: [check_x]"),
    "2:56: must begin with a path, as /usr/local/bin/check_x: PATH is not searched, and no shell is run"),
  Fault(
    exec("command: [/no/such]"),
    "2:56: the program \"/no/such\" cannot be run: No such file or directory"),
  Fault(
    exec("command: [/bin/true], environment: {FARWATCH_X: y}"),
    "2:82: \"FARWATCH_X\": names that begin with FARWATCH_ are ours"),
  Fault(
    exec("command: [/bin/true], environment_files: {A: /no/such}"),
    "2:92: the file of the variable \"/no/such\" cannot be read: No such file or directory"),
  Fault(
    exec("command: [/bin/true], environment_files: {FARWATCH_X: /dev/null}"),
    "2:88: \"FARWATCH_X\": names that begin with FARWATCH_ are ours"),
  Fault(
    exec("command: [/bin/true], environment: {A: b}, environment_from: {A: B}"),
    "2:108: \"A\" is given twice"),
  Fault(
    exec("command: [/bin/true], environment_files: {A: /dev/null}, environment_from: {A: B}"),
    "2:122: \"A\" is given twice"),
  Fault(exec("command: [/bin/true], environment_from: {A: ''}"), "2:91: must not be empty"),
  Fault(
    exec("command: [/bin/true], output: nagio"), "2:77: unknown value `nagio`; did you mean `nagios`?"),
  Fault(
    exec("command: [/bin/true], warning_is_good: 1"),
    "2:86: expected true or false, found the number 1"),
  Fault(exec("command: [/bin/true], sample_limit: 0"), "2:83: must be between 1 and 1000000, found 0"),
  Fault(region + "collect: [{name: x}]", "2:11: \(missingMeasurement)"),
  Fault(
    region + "collect: [{name: x, region: moon, scrape: {url: 'http://h'}}]",
    "2:29: unknown region \"moon\"; `regions` declares r"),
  Fault(
    region + "collect: [{name: x, labels: {1: y}, scrape: {url: 'http://h'}}]",
    "2:29: \"1\" is no label name: letters, digits and _, not beginning with a digit"),
  Fault(
    region + "collect: [{name: x, scrape: {url: 'http://h'}}, {name: x, scrape: {url: 'http://i'}}]",
    "2:49: collector \"scrape/x\" is declared a second time; first in line 2"),
  Fault(scrape("honor_labels: 2"), "2:61: expected true or false, found the number 2"),
  Fault(scrape("sample_limit: 0"), "2:61: must be between 1 and 1000000, found 0"),
  Fault(scrape("label_limit: 500"), "2:60: must be between 1 and 256, found 500"),
  Fault(scrape("label_value_length_limit: 0"), "2:73: must be between 1 and 65536, found 0"),
  Fault(
    scrape("headers: {Authorization: x}"),
    "2:56: \"Authorization\" is a secret: name a file for it under `header_files`"),
  Fault(relabel("action: kep"), "2:81: unknown value `kep`; did you mean `keep`?"),
  Fault(relabel("action: keep"), "2:72: the action keep needs source_labels"),
  Fault(relabel("regex: '('"), "2:80: invalid regular expression \"(\": missing ): ("),
  Fault(relabel("action: hashmod, target_label: a"), "2:72: hashmod needs a modulus of at least 1"),
  Fault(
    relabel("source_label: [a]"), "2:72: the action replace needs a target_label",
    "2:73: unknown key `source_label`; did you mean `source_labels`?"),
  Fault(push("period: 1d"), "2:46: missing key `id_file` (or `id`, or `slug`)"),
  Fault(
    push("id: a b, period: 1d"),
    "2:51: must be 1 to 200 letters, digits and -_.~, because it is part of an address"),
  Fault(push("id: a"), "2:46: missing key `period`"),
  Fault(push("id: a, period: 1d, grace: 0s"), "2:73: must be between 1s and 366d, found 0s"),
  Fault(
    push("id: a, id_file: /dev/null, period: 1d"), "2:54: only one of `id`, `id_file` may be given",
    "2:63: /dev/null: is not a regular file"),
  Fault(
    region
      + "health: {checks: [{name: a, region: r, push: {id: x, period: 1d}}, {name: b, region: r, push: {id: x, period: 1d}}]}",
    "2:68: this push id is declared a second time; first in line 2"),
  Fault(push("slug: nightly, period: 1d"), "2:53: needs `ping_key_file` (or `ping_key_env`)"),
  Fault(
    push("slug: Nightly, ping_key_env: PATH, period: 1d"),
    "2:53: must be 1 to 100 of a-z, 0-9, - and _, because it is part of an address",
    "2:76: the key must be 1 to 200 letters, digits and -_.~, because it is part of an address"),
  Fault(
    push("slug: start, ping_key_env: FARWATCH_NO_SUCH, period: 1d"),
    "2:53: must not be start, fail, log or a number, which are signals",
    "2:74: environment variable FARWATCH_NO_SUCH is not set"),
  Fault(
    push("id: a, ping_key_env: FARWATCH_NO_SUCH, period: 1d"),
    "2:68: needs `slug`: the job's name behind the key",
    "2:68: environment variable FARWATCH_NO_SUCH is not set"),
  Fault(
    push("slug: a, ping_key: k, period: 1d"),
    "2:53: needs `ping_key_file` (or `ping_key_env`)",
    "2:66: a secret does not belong in this file: name a file with `ping_key_file`"),
]

private func push(_ more: String) -> String {
  region + "health: {checks: [{name: c, region: r, push: {\(more)}}]}\n"
}
