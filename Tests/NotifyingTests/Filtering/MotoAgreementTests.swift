import Foundation
import Model
import Testing

@testable import Notifying

/// Whether moto can be had: only then is there anything to compare with.
private let hasMoto: Bool = (try? run("python3 -c 'import moto, boto3'", files: [:])) != nil

/// Random policies and messages, judged by us and by moto's SNS that publishes to a queue of its SQS.
@Suite struct MotoAgreementTests {
  /// Where Amazon's documentation differs from moto, or moto has no such operator, nothing is generated: `anything-but`
  /// with lists of values in the message, `wildcard`, `cidr`, a key that is absent beside other patterns than `exists`,
  /// text held against a number before other patterns. How `$or` counts as combinations differs too.
  private struct Maker {
    var random: SeededRandom
    static let words = ["alpha", "alps", "beta", "gamma", "Alpha", "be", "ta", "x-1"]
    static let keys = ["k1", "k2", "k3", "k4"]

    mutating func pick<T>(_ all: [T]) -> T { all[Int.random(in: 0..<all.count, using: &random)] }
    mutating func number() -> Double { Double(Int.random(in: -40...40, using: &random)) / 4 }
    mutating func word() -> String { pick(Self.words) }

    mutating func pattern() -> Any {
      switch Int.random(in: 0..<9, using: &random) {
      case 0, 1: return word()
      case 2: return number()
      case 3: return ["prefix": String(word().prefix(2))]
      case 4: return ["suffix": String(word().suffix(2))]
      case 5: return ["anything-but": [word(), word()]]
      case 6: return ["anything-but": ["prefix": String(word().prefix(2))]]
      case 7: return ["equals-ignore-case": word().lowercased()]
      default:
        let low = number()
        return pick([
          ["numeric": ["=", low]], ["numeric": [">", low, "<=", low + 5]], ["numeric": [">=", low]],
          ["numeric": ["<", low]],
        ])
      }
    }

    mutating func block(_ keys: Int) -> [String: Any] {
      var block: [String: Any] = [:]
      for _ in 0..<keys {
        if Int.random(in: 0..<6, using: &random) == 0 {
          block[pick(Self.keys)] = [["exists": Bool.random(using: &random)]]
        } else {
          block[pick(Self.keys)] = (0..<Int.random(in: 1...3, using: &random)).map { _ in pattern() }
            .sorted { !($0 is Double) && $1 is Double }
        }
      }
      return block
    }

    mutating func policy() -> [String: Any] {
      var policy = block(Int.random(in: 1...2, using: &random))
      if Int.random(in: 0..<4, using: &random) == 0 { policy["$or"] = [block(1), block(1)] }
      return policy
    }

    mutating func message() -> [String: Any] {
      var message: [String: Any] = [:]
      for key in Self.keys where Int.random(in: 0..<4, using: &random) > 0 {
        message[key] = Bool.random(using: &random) ? word() : number() as Any
      }
      return message
    }
  }

  private static let script = """
    import json, os
    os.environ.update(AWS_ACCESS_KEY_ID='x', AWS_SECRET_ACCESS_KEY='x', AWS_DEFAULT_REGION='eu-west-1')
    import boto3
    from moto import mock_aws
    cases = json.load(open('cases'))
    verdicts = []
    with mock_aws():
        sns, sqs = boto3.client('sns'), boto3.client('sqs')
        for number, case in enumerate(cases):
            topic = sns.create_topic(Name='t%d' % number)['TopicArn']
            queue = sqs.create_queue(QueueName='q%d' % number)['QueueUrl']
            arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
            try:
                sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={
                    'FilterPolicy': json.dumps(case['policy']), 'FilterPolicyScope': 'MessageAttributes'})
            except Exception as e:
                verdicts.append('refused')
                continue
            got = ''
            for message in case['messages']:
                attributes = {k: {'DataType': 'String', 'StringValue': v} if isinstance(v, str)
                    else {'DataType': 'Number', 'StringValue': repr(v)} for k, v in message.items()}
                sns.publish(TopicArn=topic, Message='m', MessageAttributes=attributes)
                messages = sqs.receive_message(QueueUrl=queue).get('Messages', [])
                got += 'y' if messages else 'n'
                for m in messages: sqs.delete_message(QueueUrl=queue, ReceiptHandle=m['ReceiptHandle'])
            verdicts.append(got)
    print(' '.join(verdicts))
    """

  @Test(.enabled(if: hasMoto)) func motoJudgesAlike() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var maker = Maker(random: SeededRandom(seed: seed))
    var cases: [(policy: [String: Any], messages: [[String: Any]])] = []
    for _ in 0..<40 {
      cases.append((maker.policy(), (0..<6).map { _ in maker.message() }))
    }
    let text = try JSONSerialization.data(
      withJSONObject: cases.map { ["policy": $0.policy, "messages": $0.messages] as [String: Any] })
    let printed = try run(
      "python3 code.py", files: ["cases": Array(text), "code.py": Array(Self.script.utf8)])
    let verdicts = printed.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
    try #require(verdicts.count == cases.count, "seed \(seed): \(printed)")
    var taken = 0
    for (one, verdict) in zip(cases, verdicts) {
      let ours: String
      if let policy = try? FilterPolicy(json(one.policy)) {
        ours = String(one.messages.map { policy.accepts(json($0)) ? "y" : "n" })
      } else {
        ours = "refused"
      }
      if verdict == "refused", one.policy["$or"] != nil { continue }
      taken += ours.filter { $0 == "y" }.count
      #expect(ours == verdict, "seed \(seed): \(one)")
    }
    #expect((10...230).contains(taken), "both verdicts occur: \(taken), seed \(seed)")
  }
}
