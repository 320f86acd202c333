//! Links to S3 itself, which S3 checks by their signatures (AWS Signature Version 4).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use url::Url;

use crate::platform::clock::{Clock as _, SystemClock};
use crate::platform::files::Key;

/// Where there is none in the account: as the store's library has it.
const REGION: &str = "us-east-1";

pub(super) struct S3 {
    store: Arc<AmazonS3>,
    region: String,
    prefix: String,
}

impl S3 {
    pub(super) fn new(store: Arc<AmazonS3>, region: Option<String>, prefix: &str) -> Self {
        Self {
            store,
            region: region.unwrap_or_else(|| REGION.to_owned()),
            prefix: prefix.to_owned(),
        }
    }

    /// With what the answer is to say of the object.
    pub(super) async fn link_to_read(
        &self,
        key: &Key,
        query: &[(&str, &str)],
        valid: Duration,
    ) -> anyhow::Result<String> {
        let options = SignedUrlOptions::new().with_query(query.iter().copied());
        Ok(self.sign(Method::GET, key, valid, &options).await?.into())
    }

    /// For a request with exactly these headers. The store's library signs no `content-length`, without which S3 would
    /// take any number of bytes; so this is signed by what the other clients of AWS sign with.
    pub(super) async fn link_to_put(
        &self,
        key: &Key,
        headers: &[(&'static str, String)],
        valid: Duration,
    ) -> anyhow::Result<String> {
        let options = SignedUrlOptions::new();
        let mut url = self.sign(Method::PUT, key, valid, &options).await?;
        url.set_query(None);

        let account = self.store.credentials().get_credential().await?;
        let (id, secret, token) = (&account.key_id, &account.secret_key, account.token.clone());
        let identity = Credentials::new(id, secret, token, None, "the store's").into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(valid);
        // Other services than S3 want paths changed before they are signed.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            // S3 goes by its own clock, which is no test's.
            .time(SystemTime::from(SystemClock.now()))
            .settings(settings)
            .build()?
            .into();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new("PUT", url.as_str(), headers, SignableBody::UnsignedPayload)?;
        let (signed, _) = sign(request, &params).context("signing a link")?.into_parts();
        let (_, query) = signed.into_parts();
        url.query_pairs_mut().extend_pairs(query);
        Ok(url.into())
    }

    async fn sign(
        &self,
        method: Method,
        key: &Key,
        valid: Duration,
        options: &SignedUrlOptions,
    ) -> anyhow::Result<Url> {
        let path = Path::from_iter(self.prefix.split('/').chain(key.as_str().split('/')));
        let url = self.store.signed_url_opts(method, &path, valid, options).await;
        url.context("signing a link")
    }
}
