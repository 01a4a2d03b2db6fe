private func beat(_ more: String) -> String { region + "heartbeats: [{name: n, \(more)}]\n" }
private func hooked(_ more: String) -> String { beat("url: 'http://h/', \(more)") }

/// Faults of heartbeats, proofs and the journal.
let watchingFaults: [Fault] = [
  Fault(
    region + "heartbeats: [{url: 'http://h/'}]",
    "2:14: missing key `name`"),
  Fault(
    region + "heartbeats: [{name: a/b, url: 'http://h/'}]",
    #"2:21: must not hold a slash, found "a/b""#),
  Fault(
    region + "heartbeats:\n- {name: n, url: 'http://h/'}\n- {name: n, url: 'http://i/'}",
    #"4:3: heartbeat "n" is declared a second time; first in line 3"#),
  Fault(
    region + "heartbeats: [{name: n}]",
    "2:14: needs `url` or `url_file`"),
  Fault(
    beat("url: 'ftp://h/'"),
    #"2:29: must begin with http:// or https://, found "ftp://h/""#),
  Fault(
    hooked("url_file: secrets/pager-key"),
    "2:42: only one of `url`, `url_file` may be given",
    "2:52: DIR/secrets/pager-key:1:1: does not hold an http:// or https:// URL without user and password"),
  Fault(
    beat("url_file: secrets/none"),
    #"2:34: the file of the URL "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    hooked("method: PUT"),
    "2:50: unknown value `PUT`; expected one of `GET`, `POST`, `HEAD`"),
  Fault(
    hooked("interval: 500ms"),
    "2:52: must be between 1s and 1d, found 500ms"),
  Fault(
    hooked("timeout: 10m"),
    "2:51: must be between 100ms and 5m, found 10m"),
  Fault(
    hooked("interval: 5s, timeout: 6s"),
    "2:65: timeout is longer than interval"),
  Fault(
    hooked("ca_file: secrets/none"),
    #"2:51: the CA file "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    hooked("headers: {Authorization: k}"),
    #"2:51: "Authorization" is a secret: name a file for it under `header_files`"#),
  Fault(
    hooked("header_files: {X: secrets/none}"),
    #"2:60: the file of the header "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    hooked("every: 5s"),
    "2:42: unknown key `every`; expected one of `name`, `url`, `url_file`, `method`, `interval`, `timeout`, `ca_file`, `headers`, `header_files`"
  ),
  Fault(
    region + "proofs: {every: 5s}",
    "2:17: must be between 1m and 366d, found 5s"),
  Fault(
    region + "proofs: {receivers: [pager]}",
    "2:21: needs `every` beside it: without it nothing is proven by schedule"),
  Fault(
    region + "journal: {retention: 1m}",
    "2:22: must be between 1h and 3660d, found 1m"),
  Fault(
    region + "journal: {max_entries: 10}",
    "2:24: must be between 1000 and 100000000, found 10"),
]
