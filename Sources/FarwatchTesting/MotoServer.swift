/// AWS as moto plays it, in a process of its own, with signatures and policies enforced.
///
/// The setup is Python that runs before they are: `client(service, region)` is boto3's, and
/// `user(name, actions)` makes a user who may do these and returns its access key, which belongs into the
/// dictionary `facts`.
package struct MotoServer: Sendable {
  package let process: ChildProcess
  package let port: Int
  /// The line of JSON that the setup's `facts` became.
  package let facts: String

  package var url: String { "http://127.0.0.1:\(port)" }

  /// - Parameter enforces: whether signatures and policies are. Calls without a signature, and those with JSON, whose
  ///   signatures moto computes from something else than their bodies, need a server that does not.
  package init(_ setup: String, enforces: Bool = true, file: String = #filePath) async throws {
    let (process, port) = try await PythonEnvironment(file: file).serve(
      Self.script, [setup, enforces ? "0" : "1000000"])
    self.process = process
    self.port = port
    let line = process.output.split(separator: "\n").first { $0.hasPrefix("facts ") }
    guard let line else { throw BenchError("moto told no facts: \(process.output)") }
    facts = String(line.dropFirst(6))
  }

  private static let script = """
    from importlib import import_module
    os, sys, json, logging, threading = map(import_module, ('os', 'sys', 'json', 'logging', 'threading'))
    os.environ.update(INITIAL_NO_AUTH_ACTION_COUNT='1000000', AWS_DEFAULT_REGION='us-east-1',
      AWS_ACCESS_KEY_ID='root', AWS_SECRET_ACCESS_KEY='root', MOTO_CALL_RESET_API='false')
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    from moto.server import ThreadedMotoServer
    from boto3 import client as boto
    from urllib.request import Request, urlopen
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    url = f'http://127.0.0.1:{port}'
    def client(name, region='us-east-1'): return boto(name, endpoint_url=url, region_name=region)
    iam = client('iam')
    def user(name, actions):
      iam.create_user(UserName=name)
      if actions: iam.put_user_policy(UserName=name, PolicyName='p', PolicyDocument=json.dumps(
        {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': actions, 'Resource': '*'}]}))
      key = iam.create_access_key(UserName=name)['AccessKey']
      return [key['AccessKeyId'], key['SecretAccessKey']]
    facts = {}
    exec(sys.argv[1])
    request = Request(f'{url}/moto-api/reset-auth', data=sys.argv[2].encode(), method='POST',
      headers={'Content-Type': 'text/plain'})
    urlopen(request).read()
    print('facts', json.dumps(facts))
    print('port', port, flush=True)
    threading.Event().wait()
    """
}
