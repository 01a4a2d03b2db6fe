/// Faults of replication links, backup jobs and rule files.
let dataFaults: [Fault] = [
  Fault(
    link("rpo: 0"),
    "3:105: must be between 1ms and 1y, found 0s"),
  Fault(
    link("rpo: 30"),
    "3:105: expected a duration such as 30s or 1h30m, found the number 30"),
  Fault(
    link(""),
    "3:3: missing key `rpo`"),
  Fault(
    link("rpo: 1m", "dsn: 'postgres://u:p@h/'"),
    "3:56: a connection string does not belong in this file: name a file with `dsn_file`"),
  Fault(
    link("rpo: 1m", "dsn_file: a, dsn_env: B"),
    #"3:61: the file of the connection string "a" cannot be read: No such file or directory"#,
    "3:64: only one of `dsn_file`, `dsn_env` may be given"),
  Fault(
    link("rpo: 1m", "dsn_file: secrets/none"),
    #"3:61: the file of the connection string "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    link("rpo: 1m", "dsn_env: ~"),
    "3:39: missing key `dsn_file` (or `dsn_env`)"),
  Fault(
    "regions: {r: {}}\nreplication: [{link: l, engine: oracle, source: {region: r, dsn_env: A}, targets: [], rpo: 1m}]",
    "2:33: unknown value `oracle`; expected one of \(replicationEngines)"),
  Fault(
    "regions: {r: {}}\nreplication: [{link: l, engine: postgres, source: {region: r, dsn_env: A}, targets: [], rpo: 1m}]",
    "2:15: link l has no target"),
  Fault(
    "regions: {r: {}}\nreplication: [{link: l, engine: postgres, source: {region: r, dsn_env: A}, targets: [{region: r, dsn_env: B}], rpo: 1m}]",
    "2:15: link l names the region r twice"),
  Fault(
    link(
      "rpo: 1m}\n- {link: l, engine: postgres, source: {region: s, dsn_env: A}, targets: [{region: r, dsn_env: B}], rpo: 2m"
    ),
    #"4:3: link "l" is declared a second time; first in line 3"#),
  Fault(
    backup("", "match: 'a/b'"),
    "3:62: pattern must be one file name, without a slash"),
  Fault(
    backup("", "match: '[a'"),
    "3:62: pattern has a [ without its ]"),
  Fault(
    backup("", "match: '*', time_format: '%Q'"),
    "3:80: time format: %Q is not one of %Y %m %d %H %M %S %s %%"),
  Fault(
    backup("", "match: '*', time_format: 'x-%Y'"),
    "3:80: time format needs %Y, %m and %d, or %s"),
  Fault(
    backup("min_size: -1"),
    "3:78: expected a size such as 512KiB or 1MB, found the number -1"),
  Fault(
    backup("min_ratio: 2"),
    "3:79: must be between 0 and 1, found 2"),
  Fault(
    backup("expected_count: 0"),
    "3:84: must be between 1 and 1000000, found 0"),
  Fault(
    backup("verify: {trailer: pgdump}"),
    "3:86: unknown value `pgdump`; did you mean `pg_dump`?"),
  Fault(
    backup("verify: {trailer: none, trailer_text: x}"),
    "3:92: only one of `trailer`, `trailer_text` may be given"),
  Fault(
    backup("interval: 0"),
    "3:78: must be between 1s and 1d, found 0s"),
  Fault(
    region + "backups: [{job: a/b, region: r, every: 1d, directory: {path: p, match: '*'}}]",
    #"2:17: must not hold a slash, found "a/b""#),
  Fault(
    region
      + "backups:\n- {job: j, region: r, every: 1d, directory: {path: p, match: '*'}}\n- {job: j, region: r, every: 2d, directory: {path: q, match: '*'}}",
    #"4:3: backup job "r/j" is declared a second time; first in line 3"#),
  Fault(
    region + "rule_files: [rules/none.yml]",
    #"2:14: no file matches "rules/none.yml" (looked in DIR)"#),
  Fault(
    region + "rule_files: [rules/a_test.yml]",
    #"2:14: only unit tests of rules (`_test.yml`) match "rules/a_test.yml""#),
  Fault(
    region + "rule_files: rules/a.yml",
    #"2:13: expected a list, found "rules/a.yml""#),
]
