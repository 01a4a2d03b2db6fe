/// Faults of the file as a whole, its regions and its checks.
let healthFaults: [Fault] = [
  Fault(
    "- a",
    "1:1: expected a mapping, found a list"),
  Fault(
    region + "lissten: ':1'",
    "2:1: unknown key `lissten`; did you mean `listen`?"),
  Fault(
    region + "colour: red",
    "2:1: unknown key `colour`; expected one of `vantage`, `listen`, `state`, `external_url`, `external_labels`, `regions`, `health`, `replication`, `backups`, `collect`, `rule_files`, `alerting`, `aws_region`, `aws_account`, `topics`, `inhibit_rules`, `time_intervals`, `maintenance`, `routes`, `paging`, `alarms`, `alarm_topics`, `alarm_mapping`, `alarm_parameters`, `alarm_skip`, `store`, `connections_per_address`, `event_streams`, `quorum`, `workloads`, `drills`, `remote_write`, `probe_endpoint`, `query`, `trusted_clients`, `access`, `heartbeats`, `proofs`, `journal`"
  ),
  Fault(
    region + "listen: [a]",
    "2:9: expected text, found a list"),
  Fault(
    region + "listen: 9797",
    #"2:9: must be IP:port, [IPv6]:port, localhost:port or :port, found "9797""#),
  Fault(
    region + "listen: 'localhost:99999'",
    #"2:9: must be IP:port, [IPv6]:port, localhost:port or :port, found "localhost:99999""#),
  Fault(
    region + "listen: 'example.com:80'",
    #"2:9: must be IP:port, [IPv6]:port, localhost:port or :port, found "example.com:80""#),
  Fault(
    region + "listen: '::1:80'",
    #"2:9: must be IP:port, [IPv6]:port, localhost:port or :port, found "::1:80""#),
  Fault(
    region + "listen: '127.0.0.1:+80'",
    #"2:9: must be IP:port, [IPv6]:port, localhost:port or :port, found "127.0.0.1:+80""#),
  Fault(
    region + "vantage: ''",
    "2:10: must not be empty"),
  Fault(
    region + "external_url: farwatch.example.com",
    #"2:15: must begin with http:// or https://, found "farwatch.example.com""#),
  Fault(
    region + "external_url: 'https://u:p@h/'",
    "2:15: must not hold a user name or password; name a file with `header_files`"),
  Fault(
    region + "external_labels: {1a: x}",
    #"2:18: "1a" is no label name: letters, digits and _, not beginning with a digit"#),
  Fault(
    region + "external_labels: {__name__: x}",
    #"2:18: "__name__" names the metric itself"#),
  Fault(
    region + "store: {series_limit: 0}",
    "2:23: must be between 1 and 10000000, found 0"),
  Fault(
    region + "store: {retention: 5m}",
    "2:20: must be between 1h and 366d, found 5m"),
  Fault(
    region + "store: {size_limit: 1MB}",
    "2:21: must be at least 64MiB"),
  Fault(
    region + "store: {series_limit: many}",
    #"2:23: expected a whole number, found "many""#),
  Fault(
    region + "query: {concurrency: 0, waiting: 257}",
    "2:22: must be between 1 and 64, found 0", "2:34: must be between 0 and 256, found 257"),
  Fault(region + "event_streams: 1001", "2:16: must be between 0 and 1000, found 1001"),
  Fault(region + "event_streams: many", #"2:16: expected a whole number, found "many""#),
  Fault(
    region + "query: {timeout: 11m}",
    "2:18: must be between 1s and 10m, found 11m"),
  Fault(
    region + "query: {max_samples: 999}",
    "2:22: must be between 1000 and 1000000000, found 999"),
  Fault(
    region + "query: {limit: 5}",
    "2:9: unknown key `limit`; expected one of `concurrency`, `waiting`, `timeout`, `max_samples`"),
  Fault(
    region + "state: ~\nstate: x",
    "3:1: duplicate key `state`; the first is on line 2"),
  Fault(
    "regions: {}",
    "1:10: needs at least one region"),
  Fault(
    "regions: [r]",
    "1:10: expected a mapping of region names, found a list"),
  Fault(
    "regions: {a/b: {}}",
    "1:11: a region's name must not be empty or hold a slash"),
  Fault(
    "regions: {a: {role: primry}}",
    "1:21: unknown value `primry`; did you mean `primary`?"),
  Fault(
    "regions: {a: {role: king}}",
    "1:21: unknown value `king`; expected one of `primary`, `secondary`, `active`, `standby`, `backup`"),
  Fault(
    "regions: {a: {share: 101}}",
    "1:22: must be between 0 and 100, found 101"),
  Fault(
    "regions: {a: {share: 60}, b: {share: 50}}",
    "1:10: the shares add up to 110 %, above 100"),
  Fault(
    "regions: {a: {}, a: {}}",
    "1:18: duplicate key `a`; the first is on line 1"),
  Fault(
    region + "health: {checks: []}",
    "2:18: needs at least one check"),
  Fault(
    region + "health: {}",
    "2:9: missing key `checks`"),
  Fault(
    region + "health: {defaults: {interval: 5}, checks: [{name: c, region: r, http: {url: 'http://h'}}]}",
    "2:31: expected a duration such as 30s or 1h30m, found the number 5"),
  Fault(
    region
      + "health: {checks: [{name: c, region: r, http: {url: 'http://h'}}, {name: c, region: r, http: {url: 'http://i'}}]}",
    #"2:66: check "r/c" is declared a second time; first in line 2"#),
  Fault(
    region + "health: {checks: [{name: c, region: rr, http: {url: 'http://h'}}]}",
    #"2:37: unknown region "rr"; did you mean "r"?"#),
  Fault(
    region + "health: {checks: [{name: c, region: moon, http: {url: 'http://h'}}]}",
    #"2:37: unknown region "moon"; `regions` declares r"#),
  Fault(
    region + "health: {checks: [{}, {}]}",
    "2:19: missing key `name`", "2:19: missing key `region`", "2:19: \(missingKind)",
    "2:23: missing key `name`", "2:23: missing key `region`", "2:23: \(missingKind)"),
  Fault(
    check("url: 'http://h'", "timeout: 0, "),
    "2:49: must be between 10ms and 5m, found 0s"),
  Fault(
    check("url: 'http://h'", "failures: 0, "),
    "2:50: must be between 1 and 100, found 0"),
  Fault(
    check("url: 'http://h'", "interval: 2d, "),
    "2:50: must be between 100ms and 1d, found 2d"),
  Fault(
    check("url: ''"),
    "2:52: must not be empty"),
  Fault(
    check("url: 'ftp://h'"),
    #"2:52: must begin with http:// or https://, found "ftp://h""#),
  Fault(
    check("url: 'http://'"),
    "2:52: has no host"),
  Fault(
    check("url: 'http://:80'"),
    "2:52: has no host"),
  Fault(
    check("url: 'http://h:99999/'"),
    #"2:52: is no URL that can be asked: check host and port "h:99999""#),
  Fault(
    check("url: 'http://h h/'"),
    "2:52: must not hold white space or control characters"),
  Fault(
    check("url: 'http://user:secret@h/'"),
    "2:52: must not hold a user name or password; name a file with `header_files`"),
  Fault(
    check("url: 'ftp://user:secret@h/'"),
    "2:52: must not hold a user name or password; name a file with `header_files`"),
  Fault(
    check("ur: 'http://h'"),
    "2:46: missing key `url`", "2:47: unknown key `ur`; did you mean `url`?"),
  Fault(
    asked("method: get"),
    #"2:72: must be an HTTP method in upper case, found "get""#),
  Fault(
    asked("method: HEAD, contains: x"),
    "2:88: HEAD brings no body to look at"),
  Fault(
    asked("headers: {Authorization: Bearer x}"),
    #"2:73: "Authorization" is a secret: name a file for it under `header_files`"#),
  Fault(
    asked("headers: {cookie: x}"),
    #"2:73: "cookie" is a secret: name a file for it under `header_files`"#),
  Fault(
    asked("headers: {'a b': x}"),
    #"2:73: "a b" is no header name"#),
  Fault(
    asked("headers: {A: \"x\\ny\"}"),
    "2:77: must not hold control characters"),
  Fault(
    asked("header_files: {Authorization: secrets/none}"),
    #"2:94: the file of the header "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    asked("header_files: {Authorization: secrets}"),
    #"2:94: the file of the header "secrets" cannot be read: Is a directory"#),
  Fault(
    asked("status: 600"),
    "2:72: expected a status such as 200, 200-299 or 2xx, found the number 600"),
  Fault(
    asked("status: [299-200]"),
    #"2:73: expected a status such as 200, 200-299 or 2xx, found "299-200""#),
  Fault(
    asked("status: []"),
    "2:72: needs at least one status"),
  Fault(
    asked("status: 6xx"),
    #"2:72: expected a status such as 200, 200-299 or 2xx, found "6xx""#),
  Fault(
    asked("contains: ''"),
    "2:74: must not be empty"),
  Fault(
    asked("regex: '('"),
    #"2:71: invalid regular expression "(": missing ): ("#),
  Fault(
    asked("not_regex: [a, '[']"),
    #"2:79: invalid regular expression "[": missing ]: ["#),
  Fault(
    asked("json: {a: [1]}"),
    "2:74: expected text, a number, true, false or null, found a list"),
  Fault(
    asked("follow_redirects: 21"),
    "2:82: must be between 0 and 20, found 21"),
  Fault(
    asked("body_limit: 1XB"),
    #"2:76: expected a size such as 512KiB or 1MB, found "1XB""#),
  Fault(
    asked("verify: yes"),
    #"2:72: expected true or false, found "yes""#),
  Fault(
    asked("ca_file: secrets/none.pem"),
    #"2:73: the CA file "secrets/none.pem" cannot be read: No such file or directory"#),
  Fault(
    asked("version: 3"),
    "2:73: unknown value `3`; did you mean `2`?"),
  Fault(
    asked("connect_timeout: 1ms"),
    "2:81: must be between 10ms and 5m, found 1ms"),
]
