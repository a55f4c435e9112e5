//! The server under raw HTTP: what no SDK sends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::fake_aws::FakeAws;

/// Sends bytes and returns all that comes until the server closes.
pub(super) fn exchange(fake: &FakeAws, text: &str) -> String {
    let mut stream = TcpStream::connect(fake.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_unknown_path_is_not_found_and_remembered() {
    let fake = FakeAws::start_standard();
    let answer = exchange(&fake, "GET /latest/meta-data HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    let [request] = &fake.unexpected()[..] else { panic!("one unexpected request expected") };
    assert_eq!((request.operation.as_str(), request.status), ("GET /latest/meta-data", 404));
}

#[test]
fn a_connection_carries_several_requests_and_chunked_bodies() {
    let fake = FakeAws::start_standard();
    let chunked = "POST /client/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                   transfer-encoding: chunked\r\n\r\n12\r\n{\"clientName\":\"x\",\r\n17;x=y\r\n\"clientType\": \"public\"}\r\n0\r\n\r\n";
    let last = "GET /nothing HTTP/1.0\r\n\r\n";
    let answers = exchange(&fake, &format!("{chunked}{chunked}{last}"));
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
    assert_eq!(fake.operations(), ["RegisterClient", "RegisterClient", "GET /nothing"]);
}

#[test]
fn an_unsigned_call_to_sts_and_half_a_signature_are_refused() {
    let fake = FakeAws::start_standard();
    let call = |headers: &str| {
        let target = "/?Action=GetCallerIdentity&Version=2011-06-15";
        exchange(&fake, &format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n"))
    };
    assert!(call("").contains("<Code>MissingAuthenticationToken</Code>"));
    let half = call("authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request\r\n");
    assert!(half.starts_with("HTTP/1.1 400 ") && half.contains("<Code>IncompleteSignature</Code>"), "{half}");
    assert_eq!(fake.count("GetCallerIdentity"), 2);
}

#[test]
fn nonsense_is_a_bad_request() {
    let fake = FakeAws::start_standard();
    assert!(exchange(&fake, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request"));
}

#[test]
fn dropping_the_fake_closes_open_connections_and_the_port() {
    let fake = FakeAws::start_standard();
    let address = fake.url().trim_start_matches("http://").to_owned();
    let mut open = TcpStream::connect(&address).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    drop(fake);
    assert_eq!(open.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn the_environment_points_every_service_here() {
    let fake = FakeAws::start_standard();
    let env = fake.env();
    assert!(env.contains(&("AWS_ENDPOINT_URL".to_owned(), fake.url())));
    assert!(env.contains(&("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned())));
}
