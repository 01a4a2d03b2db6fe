/// Faults of topics and routes.
let notifyingFaults: [Fault] =
  [
    Fault(
      region + "alerting:\n  policies:\n  - {match: {a: b}}",
      "4:5: a policy needs `missing_data`, `hold_down` or `clear`"),
    Fault(
      region + "alerting: {policies: [{missing_data: kept}]}",
      "2:38: unknown value `kept`; expected one of `resolve`, `keep`, `fire`"),
    Fault(
      region + "alerting: {policies: [{clear: 'lag < 3 +'}]}",
      "2:41: cannot parse the expression: unexpected end of input"),
    Fault(
      region + "alerting: {policies: [{clear: '3'}]}",
      "2:31: `clear` must give an instant vector, so that its elements can be held to alerts"),
    Fault(
      region + "alerting: {policies: [{hold_down: 8d}]}",
      "2:35: must be between 0s and 1w, found 8d"),
    Fault(
      region + "topics: {t: {subscriptions: []}}",
      "2:29: needs at least one subscription: nobody would be told"),
    Fault(
      region + "topics: {t: {}}",
      "2:13: missing key `subscriptions`"),
    Fault(
      region + "topics: {'a b': {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}",
      #"2:10: a topic's name is 1 to 256 letters, digits, - and _, found "a b""#),
    Fault(
      region + "topics: {t: {arn: pager, subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}",
      #"2:19: must be arn:PARTITION:sns:REGION:ACCOUNT:NAME, found "pager""#),
    Fault(
      region
        + "topics:\n  t: {arn: 'arn:aws:sns:x:1:t', subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n  u: {arn: 'arn:aws:sns:x:1:t', subscriptions: [{protocol: http, endpoint: 'http://h/'}]}",
      "4:3: the topic in line 3 has the same arn"),
    Fault(
      region + "topics: {t: {subscriptions: []}, t: {subscriptions: []}}",
      "2:29: needs at least one subscription: nobody would be told",
      "2:34: duplicate key `t`; the first is on line 2"),
    Fault(
      region
        + "topics: {t: {signature_version: 3, subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}",
      "2:33: must be between 1 and 2, found 3"),
    Fault(
      region
        + "topics:\n  t:\n    subscriptions:\n    - {protocol: http, endpoint: 'http://h/?key=secret'}\n    - {protocol: http, endpoint: 'http://h/?key=secret'}",
      "6:7: the same endpoint is subscribed a second time; first in line 5"),
    Fault(
      subscription("endpoint: 'https://h/?key=secret'"),
      "2:57: the endpoint does not begin with http://, its protocol"),
    Fault(
      subscription("endpoint: 'http://u:p@h/'"),
      "2:57: must not hold a user name or password; name a file with `header_files`"),
    Fault(
      subscription("endpoint: mailto:a@b"),
      "2:57: must not hold a user name or password; name a file with `header_files`"),
    Fault(
      hook("confirm: never"),
      "2:79: unknown value `never`; expected one of `required`, `skip`"),
    Fault(
      hook("timeout: 10m"),
      "2:79: must be between 100ms and 5m, found 10m"),
    Fault(
      hook("headers: {X-Api-Key: k}"),
      #"2:79: "X-Api-Key" is a secret: name a file for it under `header_files`"#),
    Fault(
      hook("header_files: {X: secrets/none}"),
      #"2:88: the file of the header "secrets/none" cannot be read: No such file or directory"#),
    Fault(
      hook("ca_file: secrets/none"),
      #"2:79: the CA file "secrets/none" cannot be read: No such file or directory"#),
    Fault(
      hook("retry: {backoff: cubic}"),
      "2:87: unknown value `cubic`; expected one of `linear`, `arithmetic`, `geometric`, `exponential`"),
    Fault(
      hook("retry: {min_delay: 2m}"),
      "2:89: min_delay is longer than max_delay"),
    Fault(
      hook("retry: {max_retries: 3}"),
      "2:78: unknown key `max_retries`; expected one of `no_delay_retries`, `min_delay_retries`, `backoff_retries`, `max_delay_retries`, `min_delay`, `max_delay`, `backoff`, `max_age`"
    ),
    Fault(
      region + "listen: ':9797'\ntopics: {t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}",
      #"2:9: needs `external_url` beside it: receivers confirm by a link, and ":9797" leads nowhere"#),
    Fault(
      region
        + "listen: '0.0.0.0:9797'\ntopics: {t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}",
      #"2:9: needs `external_url` beside it: receivers confirm by a link, and "0.0.0.0:9797" leads nowhere"#),
    Fault(
      region + "routes: [{topic: pager}]",
      "2:9: routes lead nowhere without `topics`"),
    Fault(
      routes("[{topic: pagr}]"),
      #"3:18: unknown topic "pagr"; did you mean "pager"?"#),
    Fault(
      routes("[{topic: mail}]"),
      #"3:18: unknown topic "mail"; `topics` declares pager"#),
    Fault(
      routes("[{match: {a: b}}]"),
      "3:10: a route needs a `topic` or `routes` of its own"),
    Fault(
      routes("[{topic: ~}]"),
      "3:10: a route needs a `topic` or `routes` of its own"),
    Fault(
      routes("[{match: {a-b: c}, topic: pager}]"),
      #"3:18: "a-b" is no label name: letters, digits and _, not beginning with a digit"#),
    Fault(
      routes("[{match_re: {a: '('}, topic: pager}]"),
      #"3:25: invalid regular expression "(": missing ): ("#),
    Fault(
      routes("[{topic: pager, routes: [{topic: chat}]}]"),
      #"3:42: unknown topic "chat"; `topics` declares pager"#),
  ] + subscriptionFaults

private func filtered(_ policy: String, _ more: String = "") -> String {
  hook("filter_policy: \(policy)\(more)")
}

/// `a` and `b` are subscriptions of two topics, each with more keys.
private func pair(_ a: String, _ b: String) -> String {
  region
    + "topics:\n  one: {subscriptions: [{protocol: http, endpoint: 'http://a/', \(a)}]}\n"
    + "  two: {subscriptions: [{protocol: http, endpoint: 'http://b/', \(b)}]}\n"
    + "routes: [{topic: one, continue: true}, {topic: two}]\n"
}

/// Faults of what all kinds of subscriptions have in common.
private let subscriptionFaults: [Fault] = [
  Fault(
    region
      + "topics: {t: {subscriptions: [{protocol: htpp, endpoint: x, other: 1}]}}\nroutes: [{topic: t}]\n",
    "2:41: unknown value `htpp`; did you mean `http`?"),
  Fault(
    region + "topics: {t: {subscriptions: [{endpoint: x}]}}\nroutes: [{topic: t}]\n",
    "2:30: missing key `protocol`"),
  Fault(hook("name: 'a b'"), #"2:76: a name is 1 to 64 letters, digits, - and _, found "a b""#),
  Fault(hook("name: t"), #"2:76: "t" is the name of a topic; a subscription needs another"#),
  Fault(pair("name: x", "name: x"), "4:71: the subscription in line 3 has the same name"),
  Fault(hook("max_in_flight: 0"), "2:85: must be between 1 and 1000, found 0"),
  Fault(hook("fallback_after: 5m"), "2:86: does nothing without `fallback`"),
  Fault(hook("filter_policy_scope: MessageBody"), "2:91: does nothing without `filter_policy`"),
  Fault(
    hook("filter_policy: {a: [b]}, filter_policy_scope: Body"),
    "2:116: unknown value `Body`; expected one of `MessageAttributes`, `MessageBody`"),
  Fault(hook("fallbck: two"), "2:70: unknown key `fallbck`; did you mean `fallback`?"),
  Fault(hook("fallback: t"), "2:80: `fallback` leads back to this subscription itself"),
  Fault(hook("dead_letter_topic: t"), "2:89: `dead_letter_topic` leads back to this subscription itself"),
  Fault(hook("name: me, fallback: me"), "2:90: `fallback` leads back to this subscription itself"),
  Fault(
    pair("fallback: tow", "raw: true"),
    #"3:75: no topic and no subscription is named "tow"; did you mean "two"?"#),
  Fault(
    pair("name: x, raw: true", "dead_letter_topic: x"), #"4:84: unknown topic "x""#),
  Fault(
    pair("name: x, fallback: two", "name: y, fallback: x"),
    "3:84: `fallback` leads in a circle: x, y and back"),
  Fault(
    pair("fallback: two", "dead_letter_topic: one"),
    "3:75: `fallback` leads in a circle: a subscription of one, a subscription of two and back"),
  Fault(filtered("[a]"), "2:85: expected a mapping of keys to lists of values"),
  Fault(filtered("{}"), "2:85: needs at least one key"),
  Fault(filtered("{a: b}"), "2:86: expected a list of values"),
  Fault(filtered("{a: []}"), "2:86: needs at least one value"),
  Fault(
    filtered("{a: {b: [c]}}"),
    "2:86: keys below keys need the scope MessageBody; attributes have a list of values"),
  Fault(
    filtered("{a: [{prefx: b}]}"),
    "2:91: unknown operator `prefx`; expected one of `anything-but`, `cidr`, `equals-ignore-case`, `exists`, `numeric`, `prefix`, `suffix`, `wildcard`"
  ),
  Fault(filtered("{a: [x, {exists: yes}]}"), "2:94: `exists` takes true or false"),
  Fault(filtered("{a: [{prefix: 5}]}"), "2:91: expected text"),
  Fault(filtered("{a: [{numeric: ['<>', 5]}]}"), #"2:101: expected one of =, <, <=, >, >=, found "<>""#),
  Fault(filtered("{a: [{numeric: ['>', 5, '<', 1]}]}"), "2:91: the lower end must be below the upper one"),
  Fault(filtered("{a: [2000000000]}"), "2:90: a number is between -1000000000 and 1000000000"),
  Fault(
    filtered("{a: [{cidr: 10.0.0.0/40}]}"),
    #"2:91: expected addresses such as 10.0.0.0/24, found "10.0.0.0/40""#),
  Fault(
    filtered("{a: [{wildcard: 'a**b'}]}"),
    #"2:91: in a wildcard no two * stand together, and \ only before * or \"#),
  Fault(filtered("{$or: [{a: [b]}]}"), "2:86: `$or` needs at least two mappings"),
  Fault(
    filtered("{a: [x], b: [x], c: [x], d: [x], e: [x], f: [x]}"),
    "2:85: a filter policy has at most 5 keys, found 6"),
  Fault(
    filtered("{a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}"),
    "2:85: a filter policy has at most 150 combinations of values, found 156"),
]
