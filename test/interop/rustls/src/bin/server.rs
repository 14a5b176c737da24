//! The server reports one JSON line a connection, and ends when its standard input does.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use interop_rustls::{close, handshake, Options, Report};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

fn config(options: &Options) -> ServerConfig {
    let provider = Arc::new(options.provider());
    let own = options.own(&provider).expect("--cert");
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_protocol_versions(&options.versions()).unwrap();
    let builder = match options.roots("client-ca") {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            let request = options.get("verify") == Some("request");
            let verifier = if request {
                verifier.allow_unauthenticated()
            } else {
                verifier
            };
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    config.alpn_protocols = options.alpn();
    config.max_early_data_size = options.number("early-data", 0) as u32;
    config.send_half_rtt_data = options.get("mode") == Some("half-rtt");
    config
}

const GREETING: &[u8] = b"so soon\n";

/// Bytes under one key, with --mode key-update.
const UPDATE_EACH: usize = 1 << 16;

/// Echoes until the client closes; with `update`, under new keys now and then.
fn echo(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    report: &mut Report,
    update: bool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut left = 0;
    loop {
        let n = match stream.read(&mut buffer) {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
                report.closed = Some("truncated");
                return Ok(());
            }
            n => n?,
        };
        if n == 0 {
            report.closed = Some("notify");
            return close(stream);
        }
        if update && n > left {
            left = UPDATE_EACH + n;
            stream
                .conn
                .refresh_traffic_keys()
                .map_err(std::io::Error::other)?;
        }
        left = left.saturating_sub(n);
        stream.write_all(&buffer[..n])?;
        report.bytes += n;
    }
}

/// One line, echoed.
fn echo_line(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::with_capacity(1, &mut *stream).read_line(&mut line)?;
    stream.write_all(line.as_bytes())
}

fn run(socket: TcpStream, config: Arc<ServerConfig>, mode: &str, report: &mut Report) -> std::io::Result<()> {
    let mut connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    if mode == "half-rtt" {
        // Behind the server's Finished, before the client's.
        connection.writer().write_all(GREETING)?;
    }
    let mut stream = handshake(connection, socket)?;
    report.fill(&stream.conn);
    let mut early = Vec::new();
    if let Some(mut data) = stream.conn.early_data() {
        data.read_to_end(&mut early)?;
        report.early = Some("accepted");
    }
    stream.write_all(&early)?;
    match mode {
        "echo" | "half-rtt" => echo(&mut stream, report, false),
        "key-update" => echo(&mut stream, report, true),
        "first" => {
            echo_line(&mut stream)?;
            close(&mut stream)?;
            report.drain(&mut stream);
            Ok(())
        }
        "abrupt" => echo_line(&mut stream),
        _ => panic!("no such mode: {mode}"),
    }
}

fn main() {
    let options = Options::parse();
    let mode = options.get("mode").unwrap_or("echo").to_string();
    let config = Arc::new(config(&options));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("LISTEN {}", listener.local_addr().unwrap().port());
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    for (n, socket) in listener.incoming().enumerate() {
        let (config, mode) = (config.clone(), mode.clone());
        std::thread::spawn(move || {
            let mut report = Report {
                n,
                ..Default::default()
            };
            if let Err(e) = run(socket.expect("a socket"), config, &mode, &mut report) {
                report.error = Some(e.to_string());
            }
            report.print();
        });
    }
}
