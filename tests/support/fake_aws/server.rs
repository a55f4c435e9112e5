//! The listening socket: a thread per connection, all of them ended by [`Server`]'s drop. Knows no service.

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::http::{Request, Response};
use super::route;
use super::world::World;

/// A connection that may still be open.
struct Connection {
    /// A handle with which to close it from outside.
    stream: TcpStream,
    /// The thread that serves it.
    thread: JoinHandle<()>,
}

/// A running listener.
pub(crate) struct Server {
    /// Where it listens.
    address: SocketAddr,
    /// Whose requests it answers.
    world: World,
    /// The thread that accepts; taken when stopping.
    acceptor: Option<JoinHandle<()>>,
    /// Connections accepted so far, without those known to have ended.
    connections: Arc<Mutex<Vec<Connection>>>,
}

impl Server {
    /// Binds a free port of 127.0.0.1 and begins to serve.
    pub(crate) fn start(world: &World) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let connections = Arc::default();
        {
            let mut state = world.lock();
            state.base_url = format!("http://{address}");
            state.stopped = false;
        }
        let acceptor = {
            let (world, connections) = (world.clone(), Arc::clone(&connections));
            std::thread::spawn(move || accept(&listener, &world, &connections))
        };
        Ok(Self { address, world: world.clone(), acceptor: Some(acceptor), connections })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.world.lock().stopped = true;
        self.world.notify();
        // The acceptor is blocked in `accept`; one more connection wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in connections.drain(..) {
            drop(connection.stream.shutdown(Shutdown::Both));
            drop(connection.thread.join());
        }
    }
}

/// Accepts until the world says that the server has stopped.
fn accept(listener: &TcpListener, world: &World, connections: &Mutex<Vec<Connection>>) {
    for stream in listener.incoming() {
        if world.lock().stopped {
            return;
        }
        let Ok((stream, handle)) = stream.and_then(|stream| Ok((stream.try_clone()?, stream))) else {
            continue;
        };
        let world = world.clone();
        let thread = std::thread::spawn(move || drop(serve(stream, &world)));
        let mut open = connections.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| !connection.thread.is_finished());
        open.push(Connection { stream: handle, thread });
    }
}

/// Answers the requests of one connection, then closes it for every holder of a handle.
fn serve(stream: TcpStream, world: &World) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let result = loop {
        let (response, keep_alive) = match Request::read(&mut reader) {
            Ok(Some(request)) => (route::answer(world, &request), request.keep_alive),
            Ok(None) => break Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                (Response::new(400, "text/plain", error.to_string()), false)
            }
            Err(error) => break Err(error),
        };
        let date = world.lock().http_date();
        match response.write(&mut writer, &date, keep_alive) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    drop(writer.shutdown(Shutdown::Both));
    result
}
