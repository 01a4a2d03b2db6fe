extension BadExpressions {
  /// Functions, aggregations and operators with arguments that do not fit.
  static let calls = #"""
    nope(foo)
    nope()
    Rate(foo[5m])
    RATE(foo[5m])
    foo:bar(baz)
    sum:foo(bar)
    1(foo)
    "a"(foo)
    (foo)(bar)
    foo(bar
    foo bar
    foo bar baz
    foo 1
    1 foo
    1 2
    1 "a"
    foo "a"
    foo{a="b"} c
    sum foo
    sum(foo) bar
    sum by a (foo)
    sum by (1) (foo)
    sum by ("a") (foo)
    sum by (a b) (foo)
    sum by (a;b) (foo)
    sum by (,) (foo)
    sum by (,a) (foo)
    sum by (a,,b) (foo)
    sum by (a.b) (foo)
    sum by (a-b) (foo)
    sum by (a=b) (foo)
    sum by (a) by (b) (foo)
    sum by (a) (foo) by (b)
    sum by (a) without (b) (foo)
    sum (foo) by
    sum (foo) by (
    sum (foo) on (a)
    sum on (a) (foo)
    by (a) (foo)
    sum()
    sum(1)
    sum("x")
    sum(time())
    sum(foo, bar)
    sum(foo, 1)
    sum(1, foo)
    topk()
    topk(1)
    topk(foo)
    topk(foo, 1)
    topk(1, 2)
    topk("1", foo)
    topk(1, foo, bar)
    topk by (a) (foo)
    bottomk(foo, foo)
    quantile(foo)
    quantile("0.5", foo)
    quantile(foo, 0.5)
    count_values(foo)
    count_values(1, foo)
    count_values(foo, foo)
    count_values("a", 1)
    count_values("a-b", foo)
    count_values("", foo)
    limitk(1, foo)
    limit_ratio(0.5, foo)
    stddev(1)
    group(1)
    abs()
    abs(1)
    abs("a")
    abs(foo, bar)
    absent(1)
    absent_over_time(foo)
    ceil(foo[5m])
    changes(foo)
    clamp(foo)
    clamp(foo, 1)
    clamp(foo, 1, 2, 3)
    clamp(foo, foo, 1)
    clamp_max(foo)
    clamp_min(1, foo)
    day_of_month(1)
    day_of_month(foo, bar)
    deriv(foo)
    exp(1)
    histogram_quantile(foo)
    histogram_quantile(foo, 0.5)
    histogram_quantile("0.5", foo)
    histogram_quantile(0.5, foo[5m])
    histogram_quantile(0.5, 0.5)
    holt_winters(foo[5m], 0.5)
    hour(1)
    hour(foo, foo)
    idelta(foo)
    label_join(foo)
    label_join(foo, "a")
    label_join(foo, 1, 2, 3)
    label_join(1, "a", "b", "c")
    label_replace(foo)
    label_replace(foo, "a", "b", "c")
    label_replace(foo, "a", "b", "c", "d", "e")
    label_replace(foo, "a", "b", "c", 1)
    label_replace(foo, "a", "b", "c", "(")
    label_replace(1, "a", "b", "c", "d")
    ln(1)
    pi(1)
    predict_linear(foo)
    predict_linear(foo, 1)
    predict_linear(foo[5m])
    predict_linear(foo[5m], foo)
    predict_linear(foo[5m], "1")
    quantile_over_time(foo[5m])
    quantile_over_time(foo[5m], 1)
    quantile_over_time("1", foo[5m])
    round()
    round(1)
    round(foo, foo)
    round(foo, 1, 2)
    scalar(1)
    scalar(foo[5m])
    scalar()
    sort(1)
    sqrt(1)
    time(1)
    time(foo)
    timestamp(1)
    timestamp(foo[5m])
    vector()
    vector(foo)
    vector("a")
    vector(1, 2)
    year("a")
    sgn(1)
    last_over_time(foo)
    present_over_time(foo)
    mad_over_time(foo[5m])
    sort_by_label(foo, "a")
    info(foo)
    double_exponential_smoothing(foo[5m], 0.5, 0.5)
    foo + group_left bar
    foo + on(a) group_left group_right bar
    foo + on(a) ignoring(b) bar
    foo + ignoring(a) on(b) bar
    foo + on(a) on(b) bar
    foo + on a bar
    foo + on("a") bar
    foo + on(1) bar
    foo + on(a,,b) bar
    foo + on(a) group_left(a) bar
    foo + on(a,b) group_right(b) bar
    foo + ignoring(a) group_left(1) bar
    foo and on(a) group_left bar
    foo or on(a) group_right(b) bar
    foo unless ignoring(a) group_left bar
    foo and 1
    1 and foo
    1 or 1
    1 unless 1
    foo and "a"
    foo + bool bar
    foo and bool bar
    1 + bool 1
    foo > bool bool bar
    foo bool > bar
    1 > 2
    1 == 1
    1 != 1
    1 < 1
    (1) < (2)
    time() > 5
    scalar(foo) == 1
    pi() >= pi()
    foo > on(a) 1
    1 > on(a) foo
    1 + on(a) 1
    1 + ignoring(a) 1
    foo + on(a) 1
    foo + ignoring(a) group_left 1
    foo =
    foo = bar
    foo = "bar"
    foo == "bar"
    foo < "bar"
    foo ! bar
    """#
}
