import Model
import StrictYAML
import Testing

@testable import CloudWatchAlarms

/// As it stands in the runbook of a real disaster-recovery design.
let scenarioAlarms = """
  # CloudWatch Alarms
  RegionHealthAlarms:
    TaiwanRegionUnhealthy:
      MetricName: HealthCheckStatus
      Threshold: 0
      EvaluationPeriods: 2
      Period: 60
      AlarmActions:
        - !Ref CriticalAlertTopic
    
    JapanRegionUnhealthy:
      MetricName: HealthCheckStatus
      Threshold: 0
      EvaluationPeriods: 2
      Period: 60
      AlarmActions:
        - !Ref CriticalAlertTopic
    
    CrossRegionReplicationLag:
      MetricName: AuroraGlobalDBReplicationLag
      Threshold: 5000  # 5 seconds
      EvaluationPeriods: 3
      Period: 60
      AlarmActions:
        - !Ref WarningAlertTopic
    
    MSKReplicationLag:
      MetricName: MirrorMaker2Lag
      Threshold: 10000  # 10 seconds
      EvaluationPeriods: 2
      Period: 60
      AlarmActions:
        - !Ref WarningAlertTopic

  """

func read(_ text: String, _ context: AlarmContext = AlarmContext()) -> (LoadedAlarms, [String]) {
  let problems = Problems(file: "a.yml")
  var loaded = AlarmFile.read(text, file: "a.yml", context, problems)
  let wrong = problems.list + AlarmFile.link(&loaded)
  return (loaded, wrong.map(\.description))
}

extension LoadedAlarms {
  subscript(name: String) -> Alarm? { alarms.first { $0.name == name } }
}

extension Alarm {
  var metric: MetricAlarm? { if case .metric(let metric) = kind { metric } else { nil } }
  var composite: CompositeAlarm? { if case .composite(let composite) = kind { composite } else { nil } }
}

@Suite struct PlainFileTests {
  @Test func theScenarioAsWritten() throws {
    let context = AlarmContext(
      mapping: MetricMapping(
        alarmDimensions: [
          "TaiwanRegionUnhealthy": ["Region": "taiwan"], "JapanRegionUnhealthy": ["Region": "ap-northeast-1"],
        ].merging([:]) { $1 }),
      topics: ["critical", "WarningAlertTopic"], topicNames: ["CriticalAlertTopic": "critical"])
    let (loaded, problems) = read(scenarioAlarms, context)
    #expect(problems == [])
    #expect(
      loaded.alarms.map(\.name) == [
        "TaiwanRegionUnhealthy", "JapanRegionUnhealthy", "CrossRegionReplicationLag", "MSKReplicationLag",
      ])
    let taiwan = try #require(loaded["TaiwanRegionUnhealthy"])
    #expect(taiwan.alarmActions == [AlarmAction(written: "CriticalAlertTopic", topic: "critical")])
    #expect(taiwan.okActions == [] && taiwan.actionsEnabled)
    let metric = try #require(taiwan.metric)
    #expect(metric.statistic == .minimum && metric.evaluator.comparison == .lessOrEqual)
    #expect(metric.expressionText.contains(#"region="taiwan""#), "\(metric.expressionText)")
    #expect(metric.namespace == "AWS/Route53" && metric.dimensions == [Label("Region", "taiwan")])
    let lag = try #require(loaded["CrossRegionReplicationLag"]?.metric)
    #expect(lag.evaluator.threshold == 5000 && lag.evaluator.comparison == .greater)
    #expect(lag.evaluator.evaluationPeriods == 3 && lag.evaluator.datapointsToAlarm == 3)
    #expect(lag.evaluator.missingData == .missing && lag.periodSeconds == 60)
  }

  @Test func otherNamesOfRegions() throws {
    let context = AlarmContext(
      mapping: MetricMapping(
        regions: ["ap-northeast-1": "japan"],
        alarmDimensions: [
          "TaiwanRegionUnhealthy": ["Region": "taiwan"], "JapanRegionUnhealthy": ["Region": "ap-northeast-1"],
        ]),
      regions: ["taiwan", "japan"])
    let (loaded, problems) = read(scenarioAlarms, context)
    #expect(problems == [])
    #expect(try #require(loaded["JapanRegionUnhealthy"]?.metric).expressionText.contains(#"region="japan""#))
  }

  @Test func allProblemsAtOnceWithTheirPlaces() {
    let text = """
      Group:
        A:
          MetricName: HealthCheckStatsu
          Threshold: high
          EvaluationPeriods: 2
          DatapointsToAlarm: 3
          Period: 45
        B:
          MetricName: HealthCheckStatus
          Dimensions: {HealthCheckIdd: x}
          Threshold: 1
          EvaluationPeriods: 1441
          Period: 60
          TreatMisingData: ignore
          ComparisonOperator: GreaterThan
          AlarmActions: [!Ref nobody]
        C:
          PromQL: sum(foo
          MetricName: X
          Threshold: 1
          EvaluationPeriods: 1
          Period: 60
          ComparisonOperator: GreaterThanThreshold
          Statistic: Mean
        D: {AlarmRule: "ALARM(A) ND OK(B)"}
        E: {Threshold: 1, Metrics: [], Period: 60}
      F: 5
      """
    let (_, problems) = read(text, AlarmContext(topics: ["critical"]))
    for expected in [
      "a.yml:3:17: no mapping for the metric HealthCheckStatsu; did you mean \"HealthCheckStatus\"?",
      "a.yml:4:16: expected a number, found \"high\"",
      "a.yml:6:24: `DatapointsToAlarm` (3) is above `EvaluationPeriods` (2): it could never alarm",
      "a.yml:7:13: a period is 10, 20 or 30 seconds or a multiple of 60, up to 7 days, found 45",
      "a.yml:10:17: HealthCheckStatus has no dimension \"HealthCheckIdd\" here; did you mean \"HealthCheckId\"?",
      "a.yml:12:24: `Period` × `EvaluationPeriods` is above a day, found 60 s × 1441",
      "a.yml:14:5: unknown key `TreatMisingData`; did you mean `TreatMissingData`?",
      "a.yml:15:25: unknown value `GreaterThan`",
      "a.yml:16:20: unknown topic \"nobody\"; `topics` declares critical",
      "a.yml:18:20: cannot parse the expression",
      "a.yml:19:17: `PromQL` stands in place of a metric: `MetricName` cannot be beside it",
      "a.yml:24:16: unknown statistic `Mean`",
      "a.yml:25:28: alarm rule: expected AND, OR or the end, found \"ND\"",
      "a.yml:26:30: metric math (`Metrics`) is not supported",
      "a.yml:26:6: missing key `EvaluationPeriods`",
      "a.yml:27:4: expected the properties of alarm \"F\"",
    ] {
      #expect(
        problems.contains { $0.hasPrefix(expected) }, "\(expected)\nin\n\(problems.joined(separator: "\n"))")
    }
    #expect(problems == problems.sorted { place($0) < place($1) })
  }

  private func place(_ problem: String) -> Int {
    let parts = problem.split(separator: ":")
    return (Int(parts[1]) ?? 0) * 1000 + (Int(parts[2]) ?? 0)
  }

  @Test func promQLAndCompositeAlarms() throws {
    let (loaded, problems) = read(
      """
      Both: {AlarmRule: 'ALARM("A") AND ALARM(B)', ActionsSuppressor: Quiet, ActionsSuppressorWaitPeriod: 60,
        ActionsSuppressorExtensionPeriod: "120"}
      A: &a {PromQL: 'max(probe_duration_seconds)', Threshold: 2.5, EvaluationPeriods: 5, DatapointsToAlarm: 3,
        Period: 10, ComparisonOperator: GreaterThanThreshold, ExtendedStatistic: p99.5,
        EvaluateLowSampleCountPercentile: ignore, TreatMissingData: breaching}
      B: {<<: *a, ExtendedStatistic: tm90, ActionsEnabled: false}
      Quiet: {<<: *a, AlarmDescription: maintenance}
      """)
    #expect(problems == [])
    #expect(loaded.alarms.map(\.name) == ["A", "B", "Quiet", "Both"], "children first")
    let a = try #require(loaded["A"]?.metric)
    #expect(a.statistic == .percentile(99.5) && a.lowSampleCount == .ignore && a.evaluator.threshold == 2.5)
    #expect(loaded["B"]?.metric?.statistic == .trimmedMean(90) && loaded["B"]?.actionsEnabled == false)
    #expect(
      loaded["Both"]?.composite?.suppressor
        == .init(alarm: "Quiet", wait: .seconds(60), extensionPeriod: .seconds(120)))
  }

  @Test func namesThatDoNotFit() {
    let metric =
      "PromQL: up, Threshold: 1, EvaluationPeriods: 1, Period: 60, ComparisonOperator: LessThanThreshold"
    let (_, problems) = read(
      """
      A: {\(metric)}
      B: {\(metric), AlarmName: A}
      C: {AlarmRule: "ALARM(D)"}
      D: {AlarmRule: "NOT ALARM(C)"}
      E: {AlarmRule: ALARM(Bb)}
      """)
    #expect(
      problems == [
        "a.yml:2:4: alarm \"A\" is declared a second time; first in a.yml:1",
        "a.yml:3:23: alarm \"C\" depends on itself: C → D → C",
        "a.yml:5:22: alarm \"E\" depends on \"Bb\", which no file declares",
      ])
  }

  @Test func aThresholdThatDecidesNothingIsTold() {
    let rest = "MetricName: HealthCheckStatus, EvaluationPeriods: 1, Period: 60"
    let (loaded, problems) = read(
      """
      A: {\(rest), Threshold: 1}
      B: {\(rest), Threshold: 1, ComparisonOperator: LessThanThreshold}
      C: {\(rest), Threshold: 1, ComparisonOperator: GreaterThanThreshold}
      D: {\(rest), Threshold: 5, Statistic: Sum}
      """)
    #expect(
      problems == [
        "a.yml:1:81: every value of HealthCheckStatus (at least 0 and at most 1) is less than or equal to the threshold "
          + "1; say which `ComparisonOperator` is meant"
      ])
    #expect(
      loaded.warnings.map(\.description) == [
        "a.yml:3:81: no value of HealthCheckStatus (at least 0 and at most 1) is greater than the threshold 1"
      ])
  }

  @Test func ownSeriesByNamespace() throws {
    let (loaded, problems) = read(
      """
      A:
        Namespace: Farwatch
        MetricName: probe_duration_seconds
        Dimensions: {check: api, region: japan}
        Statistic: Maximum
        Threshold: 2
        EvaluationPeriods: 1
        Period: 60
        ComparisonOperator: GreaterThanThreshold
      """)
    #expect(problems == [])
    #expect(loaded["A"]?.metric?.expression.plainSelector?.count == 3)
  }

  @Test func theShippedMappingCanBeRead() {
    let problems = Problems(file: "mapping")
    let node = YAML.parse(MetricMapping.shippedText, problems)
    let entries = node.flatMap {
      YAMLType<[MetricMapping.Entry]>.list(.mapping(MetricMapping.Entry.init)).read($0, problems)
    }
    #expect(problems.list.map(\.description) == [])
    #expect((entries ?? []).count >= 10 && MetricMapping().entries == entries)
    // Each of them with every dimension it has.
    for entry in entries ?? [] {
      let dimensions = entry.dimensions.keys.sorted().map { Label($0, "x\"y") }
      #expect(throws: Never.self) {
        let found = try MetricMapping().find(entry.metric, namespace: entry.namespace, dimensions: dimensions)
        _ = try MetricExpression.parse(found.expression)
      }
    }
  }
}

@Suite struct TemplateTests {
  private static let template = """
    AWSTemplateFormatVersion: "2010-09-09"
    Description: alarms
    Parameters:
      Threshold: {Type: Number, Default: 5000}
      Environment: {Type: String, Default: prod}
      Team: {Type: String}
    Resources:
      CriticalTopic:
        Type: AWS::SNS::Topic
        Properties: {TopicName: !Sub "${Environment}-critical"}
      Bucket: {Type: "AWS::S3::Bucket"}
      Lag:
        Type: AWS::CloudWatch::Alarm
        Condition: IsProduction
        Properties:
          AlarmName: !Sub "${Environment}-lag"
          AlarmDescription: !Join [" ", [too, far, behind]]
          Namespace: AWS/RDS
          MetricName: AuroraGlobalDBReplicationLag
          Dimensions:
            - {Name: DBClusterIdentifier, Value: orders}
          Statistic: Average
          Period: 60
          EvaluationPeriods: "3"
          Threshold: !Ref Threshold
          ComparisonOperator: GreaterThanThreshold
          TreatMissingData: breaching
          AlarmActions: [!Ref CriticalTopic, !Sub "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:ops"]
          OKActions: [!GetAtt CriticalTopic.TopicArn, !Ref AWS::NoValue]
          InsufficientDataActions: []
          Tags: [{Key: team, Value: sre}]
      Whole:
        Type: AWS::CloudWatch::CompositeAlarm
        Properties:
          AlarmName: whole
          AlarmRule: !Sub 'ALARM("${Lag}") OR ALARM(${Lag.Arn})'
          AlarmActions: !Ref CriticalTopic
    """

  @Test func aTemplate() throws {
    let (loaded, problems) = read(Self.template, AlarmContext(topics: ["prod-critical", "ops"]))
    #expect(problems == [])
    let lag = try #require(loaded["prod-lag"])
    #expect(lag.description == "too far behind")
    #expect(
      lag.alarmActions.map(\.topic) == ["prod-critical", "ops"]
        && lag.okActions.map(\.topic) == ["prod-critical"])
    #expect(
      lag.metric?.evaluator.threshold == 5000
        && lag.metric?.dimensions == [Label("DBClusterIdentifier", "orders")])
    #expect(loaded["whole"]?.composite?.rule.children == ["prod-lag"])
    #expect(
      loaded.warnings.map(\.description) == [
        "a.yml:11:3: resource Bucket of type AWS::S3::Bucket is left out",
        "a.yml:14:16: the condition of Lag is taken as met: \"IsProduction\" is no condition of this template",
      ])
  }

  @Test func whatCannotBeResolvedIsToldAtItsPlace() {
    let text = Self.template.replacing("!Ref Threshold", with: "!FindInMap [A, b, c]")
      .replacing("[too, far, behind]", with: "[too, !Ref Team]").replacing(
        "!GetAtt CriticalTopic.TopicArn", with: "!Ref Critical"
      ).replacing("Period: 60", with: "Period: 50")
    let (_, problems) = read(text, AlarmContext(topics: ["prod-critical", "ops"]))
    #expect(problems.count == 4, "each once, and the rest of the alarm is judged as well: \(problems)")
    #expect(problems.contains { $0.contains("a period is 10, 20 or 30 seconds") }, "\(problems)")
    #expect(
      problems.contains { $0.hasPrefix("a.yml:25:18: the template's `Mappings` hold no A, b, c") },
      "\(problems)")
    #expect(problems.contains { $0.contains("the parameter Team has no `Default`") }, "\(problems)")
    #expect(
      problems.contains { $0.contains("\"Critical\" is neither a parameter nor a resource") }, "\(problems)")
  }

  @Test func templatesAreStrict() {
    let (_, problems) = read(
      """
      Resources:
        A:
          Type: AWS::CloudWatch::Alarm
          Propertys: {}
          Properties: {MetricName: HealthCheckStatus, Threshold: 1, EvaluationPeriods: 1, Period: 60}
      Resorces: {}
      """)
    for expected in [
      "unknown key `Propertys`", "missing key `Namespace`", "missing key `ComparisonOperator`",
      "needs `Statistic`", "unknown section `Resorces`",
    ] {
      #expect(problems.contains { $0.contains(expected) }, "\(expected) in \(problems)")
    }
  }

  @Test func json() throws {
    let (loaded, problems) = read(
      """
      {
      \t"Parameters": {"T": {"Type": "Number", "Default": "3"}},
      \t"Resources": {
      \t\t"Topic": {"Type": "AWS::SNS::Topic"},
      \t\t"A": {
      \t\t\t"Type": "AWS::CloudWatch::Alarm",
      \t\t\t"Properties": {
      \t\t\t\t"MetricName": "HealthCheckStatus", "Namespace": "AWS\\/Route53", "Statistic": "Minimum",
      \t\t\t\t"Threshold": {"Ref": "T"}, "EvaluationPeriods": 1, "Period": 60, "ActionsEnabled": "true",
      \t\t\t\t"ComparisonOperator": "LessThanThreshold",
      \t\t\t\t"AlarmDescription": {"Fn::Join": ["-", ["a", {"Fn::Sub": ["${x}", {"x": "b"}]}]]},
      \t\t\t\t"AlarmActions": [{"Ref": "Topic"}]
      \t\t\t}
      \t\t}
      \t}
      }
      """, AlarmContext(topics: ["Topic"]))
    #expect(problems == [])
    #expect(loaded["A"]?.description == "a-b" && loaded["A"]?.metric?.evaluator.threshold == 3)
  }

  /// A file may hold anything; what is asked for is an answer.
  @Test func noFileBreaksTheReader() {
    var random = SeededRandom(state: 11)
    let seed = Array(Self.template.utf8)
    for _ in 0..<300 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(Array("{}[]:!&*\"'$#-".utf8).randomElement(using: &random) ?? 0, at: place)
        default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        }
      }
      _ = read(String(decoding: bytes, as: UTF8.self))
    }
  }
}
