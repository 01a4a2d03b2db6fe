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
    region + "access: {anonymous: [write]}",
    "2:22: unknown value `write`; expected one of `metrics`, `read`, `operate`, `ingest`"),
  Fault(
    region + "access: {users: {ada: [operator]}}",
    "2:24: unknown value `operator`; did you mean `operate`?"),
  Fault(
    region + "access: {web_config_file: ''}",
    "2:27: must not be empty"),
  Fault(
    region + "access: {tokens: [{roles: [read]}]}",
    "2:19: missing key `name`", "2:19: needs `token_file` or `token_env`"),
  Fault(
    region + "access: {tokens: [{name: a, token: s3cret, roles: [read]}]}",
    "2:36: a secret does not belong in this file: name a file with `token_file`"),
  Fault(
    region + "access: {tokens: [{name: a, token_file: secrets/none, roles: [read]}]}",
    #"2:41: the file of the token "secrets/none" cannot be read: No such file or directory"#),
  Fault(
    region + "access: {tokens: [{name: a, token_env: X}]}",
    "2:19: missing key `roles`"),
  Fault(
    region
      + "access: {tokens: [{name: a, token_env: X, roles: [read]}, {name: a, token_env: Y, roles: [read]}]}",
    #"2:18: two tokens are called "a""#),
  Fault(
    region + "access: {hosts: ['https://watch.example']}",
    "2:18: expected a host name without scheme and port"),
  Fault(
    region + "access: {requests_per_second: -1}",
    "2:31: must be between 0 and 1000000, found -1"),
  Fault(
    region + "access: {request_burst: 0}",
    "2:25: must be between 1 and 10000000, found 0"),
  Fault(
    region + "journal: {retention: 1m}",
    "2:22: must be between 1h and 3660d, found 1m"),
  Fault(
    region + "journal: {max_entries: 10}",
    "2:24: must be between 1000 and 100000000, found 10"),
]
