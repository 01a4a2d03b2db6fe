/// Expressions that are mostly wrong, one a line: cut short, of wrong types, with bad durations, escapes, names, numbers
/// and matching, and what people write who come from other languages.
enum BadExpressions {
  static let all: [String] = (words + "\n" + calls).split(separator: "\n").map(String.init)

  /// Selectors, literals, ranges, and text that is no expression at all.
  private static let words = #"""
    foo[
    foo[5
    foo[5m
    foo[5m:
    foo[5m:1
    foo[5m:1m
    foo{
    foo{a
    foo{a=
    foo{a="b"
    foo{a="b",
    sum(
    sum(foo
    sum by
    sum by (
    sum by (a
    sum by (a,
    sum by (a)
    sum by (a) (
    sum without (a,b
    rate(foo[5m]
    rate(foo[5m]) +
    rate(foo[5m]) > bool
    foo + on
    foo + on(
    foo + on(a
    foo + on(a)
    foo + on(a) group_left
    foo + on(a) group_left(
    foo + ignoring(a) group_right(b
    foo offset
    foo offset -
    foo @
    foo @ -
    foo @ start
    foo @ start(
    foo @ end)
    -
    +
    !
    !=
    ==
    ==1
    =foo
    1 +
    1 + * 2
    1 ** 2
    2 ^^ 3
    1 // 2
    foo &
    foo & bar
    foo && bar
    foo || bar
    foo | bar
    foo ? bar : baz
    foo;
    $foo
    foo$
    foo.bar
    foo-
    foo!
    foo!bar
    foo =~ "a"
    foo !~ "a"
    foo <> bar
    foo >< bar
    foo === bar
    foo !== bar
    foo => bar
    ~foo
    ^foo
    %foo
    /foo
    ,foo
    foo,
    (foo,bar)
    ()
    ((foo)
    (foo))
    [5m]
    {5m}
    {}
    {a}
    {a=}
    {a=1}
    {a==“b”}
    {a="b" c="d"}
    {a="b",,}
    {,a="b"}
    {a="b"}{c="d"}
    {a="b"}}
    {{a="b"}}
    {a~"b"}
    {a=~b}
    {a!"b"}
    {a!b}
    {a="b"]
    {a="b")
    {a=""}
    {a=~""}
    {a=~".*"}
    {a!="b"}
    {a!~".+"}
    {a=~"["}
    {a=~"("}
    {a=~")"}
    {a=~"*"}
    {a=~"a**"}
    {a=~"\\"}
    {a=~"(?<n>a)"}
    {a=~"(?=a)"}
    {a=~"a{1001}"}
    {a=~"a{2,1}"}
    {a=~"[z-a]"}
    {a=~"(?P<n>a)(?P<n>b)"}
    {a=~"\\pX"}
    {a=~"\\8"}
    {1a="b"}
    {a-b="c"}
    {a.b="c"}
    {a:b="c"}
    {"a"="b"}
    {"a"}
    foo{"a"="b"}
    foo{"a"}
    foo{__name__="bar"}
    foo{__name__=~"bar"}
    foo{a="b}
    foo{a='b}
    foo{a=`b}
    foo{a="\q"}
    foo{a="\x4"}
    foo{a="\xg0"}
    foo{a="\u12"}
    foo{a="\ud800"}
    foo{a="\U00110000"}
    foo{a="\400"}
    foo{a="\18"}
    foo{a="\'"}
    foo{a='\"'}
    foo{a="b\
    "foo
    'foo
    `foo
    "a" + 1
    1 + "a"
    "a" "b"
    "a" == "a"
    -"a"
    +"a"
    sum("a")
    rate("a")
    "a"[5m]
    "a"[5m:1m]
    1[5m]
    1[5m:1m]
    (1)[5m]
    foo[5m][5m]
    foo[5m:1m][5m]
    foo[5m:1m][5m:1m]
    foo[5m] + foo[5m]
    foo[5m] + 1
    1 + foo[5m]
    -foo[5m]
    +foo[5m]
    foo[5m] and foo
    foo[5m] == 1
    sum(foo[5m])
    topk(1, foo[5m])
    topk(foo[5m], foo)
    abs(foo[5m])
    rate(foo)
    rate(1)
    rate(sum(foo))
    rate(rate(foo[5m]))
    rate(foo[5m], 1)
    rate()
    rate(,)
    rate(foo[5m],)
    rate(,foo[5m])
    rate foo[5m]
    rate[5m]
    rate(foo)[5m]
    rate(foo{)[5m]
    irate(foo offset 5m)
    delta(foo)
    increase(foo[5m] 1)
    foo[5mm]
    foo[m]
    foo[5x]
    foo[5M]
    foo[5ms5s]
    foo[1s1m]
    foo[1m1m]
    foo[1.5m]
    foo[-1m]
    foo[0m]
    foo[0s]
    foo[0]
    foo[1h 5m]
    foo[5m 5m]
    foo[a]
    foo["5m"]
    foo[5m,1m]
    foo[5m::1m]
    foo[:5m]
    foo[:]
    foo[5m:0s]
    foo[5m:-1m]
    foo[5m:abc]
    foo[99999999999999999999m]
    foo[300y]
    foo[293y]
    foo[1e400]
    foo[5m:300y]
    foo offset 5mm
    foo offset 300y
    foo offset abc
    foo offset "5m"
    foo offset (5m)
    foo offset 5m 5m
    foo offset 5m offset 5m
    foo offset 5m[5m]
    foo @ 5 [5m]
    foo @ 5 @ 5
    foo @ "5"
    foo @ abc
    foo @ foo
    foo @ start(1)
    foo @ mid()
    foo @ (5)
    foo @ Inf
    foo @ -Inf
    foo @ NaN
    foo @ 1e300
    1 @ 5
    1 offset 5m
    "a" offset 5m
    sum(foo) offset 5m
    sum(foo) @ 5
    (foo) offset 5m
    (foo) @ 5
    rate(foo[5m]) offset 5m
    foo + bar offset 5m offset 5m
    1e
    1e+
    1e-
    1ee5
    1.2.3
    1..2
    .
    ..
    .e5
    0x
    0xg
    0x1.5
    0x1p5
    0b12
    0o8
    1_
    _1 _1
    1__0
    1,000
    1'000
    1k
    1m1
    5mm
    5 m
    1e400
    -1e400
    99999999999999999999999999999999
    1e308 * 10
    0x10000000000000000
    09999999999999999999999
    08.5
    1d1y
    1w1w
    1y2d3h4
    1ms1s
    Infinity
    inff
    +inf-
    NaNN
    nan()
    inf()
    foo # comment
    # comment
    foo + # comment
    sum( # comment
    foo{a="b" # comment
    foo # comment )
    é
    fooé
    foo{é="a"}
    foo{a="é"
    “foo”
    foo{a=‘b’}
    foo[5m}
    foo{5m]
    foo(5m]
    foo[5m)
    )foo(
    }foo{
    ]foo[
    bool
    bool foo
    bool(foo)
    on
    on(foo)
    ignoring
    ignoring(foo)
    group_left
    group_left(a)
    group_right(a) foo
    atan2
    atan2(foo)
    foo atan2
    foo atan2 "a"
    1 atan2 foo[5m]
    offset
    offset 5m
    offset offset offset
    by by by
    and
    and foo
    foo and
    foo and and
    foo and and bar
    or or or
    unless(foo)
    foo unless
    start()
    end()
    start(foo)
    step()
    count_values
    sum{
    sum{a
    sum[5m]
    sum offset 5m
    sum(foo)(bar)
    sum(foo){a="b"}
    sum(foo)[5m]
    sum(foo)[5m:
    rate(foo[5m]){a="b"}
    (foo){a="b"}
    (foo)[5m]
    ((foo))[5m]
    -foo[5m:1m]
    foo[5m:1m] + 1
    sum(foo[5m:1m])
    abs(foo[5m:1m])
    foo[5m:1m] offset 5m @ 5 offset 5m
    foo{a="b"}[5m]{c="d"}
    foo by (a)
    foo without (a)
    foo on (a) bar
    foo ignoring (a) bar
    foo group_left bar
    foo{on="a" by="b"}
    foo{a="b" and c="d"}
    foo{a="b" or c="d"}
    foo{a="b"} or {c=""}
    foo{a in ("b")}
    foo WHERE a = "b"
    SELECT * FROM foo
    rate(foo[$__interval])
    foo{a="$b"} > $c
    foo > {{ $value }}
    rate(foo[5m]) by (a)
    sum(rate(foo[5m]) by (a))
    sum rate(foo[5m])
    sum(rate foo[5m])
    avg(foo by (a))
    max(foo) - min(foo) > bool (
    histogram_quantile(0.9, sum by (le) (rate(foo[5m]))
    histogram_quantile(0.9 sum by (le) (rate(foo[5m])))
    histogram_quantile 0.9, foo)
    100 * (1 - avg(rate(foo{mode="idle"}[5m]))
    100 * (1 - avg(rate(foo{mode="idle"[5m])))
    100 * (1 - avg(rate(foo{mode="idle}[5m])))
    label_replace(foo, "a", "$1", "b", "(.*")
    """#
}
