//! The certificate of the listener, wired: from files, or by ACME.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use kontor_config::Config;
use kontor_http::tls::{Acme, Files, Pair, Tls};
use kontor_model::Clock;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where the certificate is and its key.
///
/// # Errors
/// One without the other, or both files and ACME.
pub fn files(config: &Config) -> Result<Option<(PathBuf, PathBuf)>> {
    match (&config.tls.cert, &config.tls.key, Acme::of(config)) {
        (Some(_), Some(_), Some(_)) => bail!("set tls.cert and tls.key, or acme.domains: not both"),
        (Some(cert), Some(key), None) => Ok(Some((cert.clone(), key.clone()))),
        (Some(_), None, _) => bail!("tls.cert is set without tls.key"),
        (None, Some(_), _) => bail!("tls.key is set without tls.cert"),
        (None, None, Some(acme)) => Ok(Some(acme.files())),
        (None, None, None) => Ok(None),
    }
}

/// The TLS of the listener with the task that looks after its certificate; none when it is plain.
///
/// # Errors
/// As [`files`]; the files cannot be read or do not fit together.
pub fn open(config: &Config, clock: Arc<dyn Clock>, stopped: watch::Receiver<bool>) -> Result<Option<Arc<Tls>>> {
    let Some((cert, key)) = files(config)? else { return Ok(None) };
    let tls = Tls::new(clock).map_err(|error| anyhow::anyhow!(error)).context("TLS cannot be set up")?;
    if let Some(acme) = Acme::of(config) {
        acme.begin(&tls);
        tokio::spawn(acme.keep(tls.clone(), stopped));
    } else {
        let files = Files { cert, key };
        files.begin(&tls).map_err(|error| anyhow::anyhow!("tls.cert, tls.key: {error}"))?;
        let (again, told) = watch::channel(0);
        tokio::spawn(files.keep(tls.clone(), told));
        listen_for_hangups(again, stopped)?;
    }
    Ok(Some(tls))
}

/// On SIGHUP the files are read at once.
fn listen_for_hangups(again: watch::Sender<u64>, mut stopped: watch::Receiver<bool>) -> Result<JoinHandle<()>> {
    let mut hangups = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                signal = hangups.recv() => match signal {
                    Some(()) => again.send_modify(|times| *times += 1),
                    None => return,
                },
            }
        }
    }))
}

/// For `kontor doctor`: what there is, and for how many days.
///
/// # Errors
/// What is wrong with it.
pub fn look(config: &Config, now_ms: i64) -> Option<Result<String, String>> {
    let (cert, key) = match files(config) {
        Ok(found) => found?,
        Err(error) => return Some(Err(error.to_string())),
    };
    if !config.acme.domains.is_empty() && !cert.exists() {
        return Some(Ok(format!("none yet; {} is asked when the server starts", config.acme.directory)));
    }
    Some(Pair::read(&cert, &key).and_then(|pair| {
        let days = (pair.expires_at - now_ms).div_euclid(86_400_000);
        match pair.begins_at <= now_ms {
            true if days >= 0 => Ok(format!("{} is good for {days} days", cert.display())),
            true => Err(format!("{} expired {} days ago", cert.display(), -days)),
            false => Err(format!("{} is not good yet", cert.display())),
        }
    }))
}
