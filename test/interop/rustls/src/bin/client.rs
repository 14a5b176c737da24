//! The client sends a pattern, compares its echo, and reports one JSON line a connection.

use std::io::{Error, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use interop_rustls::{close, handshake, Options, Report};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

const CHUNK: usize = 1 << 16;

fn config(options: &Options) -> ClientConfig {
    let provider = Arc::new(options.provider());
    let own = options.own(&provider);
    let verifier =
        WebPkiServerVerifier::builder_with_provider(options.roots("ca").expect("--ca"), provider.clone());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&options.versions()).unwrap();
    let builder = builder.with_webpki_verifier(verifier.build().unwrap());
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
    };
    config.alpn_protocols = options.alpn();
    config.enable_early_data = options.get("early-data").is_some();
    config
}

fn pattern(chunk: &mut [u8], state: &mut u32) {
    for byte in chunk {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (*state >> 24) as u8;
    }
}

/// Sends n bytes and compares the echo, a chunk at a time; with `update`, under new keys for each chunk.
fn exchange(
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    report: &mut Report,
    n: usize,
    update: bool,
) -> Result<(), Error> {
    let (mut sent, mut got, mut state) = (vec![0; CHUNK], vec![0; CHUNK], 1);
    while report.bytes < n {
        let len = CHUNK.min(n - report.bytes);
        pattern(&mut sent[..len], &mut state);
        if update {
            stream.conn.refresh_traffic_keys().map_err(Error::other)?;
        }
        stream.write_all(&sent[..len])?;
        stream.read_exact(&mut got[..len])?;
        if sent[..len] != got[..len] {
            return Err(Error::other("the echo differs"));
        }
        report.bytes += len;
    }
    Ok(())
}

fn run(options: &Options, config: Arc<ClientConfig>, report: &mut Report) -> Result<(), Error> {
    let name = options.get("name").unwrap_or("server.example").to_string();
    let name = ServerName::try_from(name).map_err(Error::other)?;
    let socket = TcpStream::connect(options.get("connect").expect("--connect"))?;
    let mut connection = ClientConnection::new(config, name).map_err(Error::other)?;
    if let (Some(text), Some(mut early)) = (options.get("early-data"), connection.early_data()) {
        early.write_all(text.as_bytes())?;
        report.early = Some("refused");
    }
    let mut stream = handshake(connection, socket)?;
    report.fill(&stream.conn);
    if report.early.is_some() && stream.conn.is_early_data_accepted() {
        report.early = Some("accepted");
        let mut echo = vec![0; options.get("early-data").map_or(0, str::len)];
        stream.read_exact(&mut echo)?;
        if Some(echo.as_slice()) != options.get("early-data").map(str::as_bytes) {
            return Err(Error::other("the echo of the early data differs"));
        }
        println!("EARLY ECHO");
    }
    let mode = options.get("mode").unwrap_or("echo");
    if mode == "http" {
        // The server closes first.
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        report.drain(&mut stream);
        return close(&mut stream);
    }
    exchange(
        &mut stream,
        report,
        options.number("bytes", 64),
        mode == "key-update",
    )?;
    if mode != "abrupt" {
        close(&mut stream)?;
        report.drain(&mut stream);
    }
    Ok(())
}

fn main() {
    let options = Options::parse();
    let config = Arc::new(config(&options));
    let mut status = 0;
    for n in 0..options.number("count", 1) {
        let mut report = Report {
            n,
            ..Default::default()
        };
        if let Err(e) = run(&options, config.clone(), &mut report) {
            report.error = Some(e.to_string());
        }
        if let Some(error) = &report.error {
            eprintln!("{error}");
            status = 1;
        }
        report.print();
    }
    std::process::exit(status);
}
