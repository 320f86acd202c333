use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt as _;

use super::viewer::Viewer;

/// More than a page ever asks for.
const ANSWER_BYTES: usize = 16 << 20;

/// The API, within the same process.
#[derive(Clone)]
pub(super) struct Api(Router);

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `Null`: there is none, or it is no JSON.
    pub(super) body: Value,
}

impl Api {
    pub(super) fn new(api: Router) -> Self {
        Self(api)
    }

    /// What the API says to `viewer`.
    pub(super) async fn ask(&self, viewer: &Viewer, address: &str) -> Answer {
        self.tell(viewer, Method::GET, address, &[], None).await
    }

    /// Has something done, as `viewer`. `headers` with no value are left out.
    pub(super) async fn tell(
        &self,
        viewer: &Viewer,
        method: Method,
        address: &str,
        headers: &[(HeaderName, Option<&str>)],
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::ACCEPT, "application/json");
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, *value);
            }
        }
        let body = body.map_or_else(Body::empty, Body::from);
        let Ok(request) = request.body(body) else {
            return Answer::none(StatusCode::BAD_REQUEST);
        };
        let (parts, body) = self.send(viewer, request).await.into_parts();
        match to_bytes(body, ANSWER_BYTES).await {
            Ok(bytes) => Answer {
                status: parts.status,
                headers: parts.headers,
                body: serde_json::from_slice(&bytes).unwrap_or_default(),
            },
            Err(error) => {
                tracing::error!(error = %error, address, "the API's answer to a page cannot be read");
                Answer::none(StatusCode::BAD_GATEWAY)
            }
        }
    }

    /// A request as it stands.
    pub(super) async fn send(&self, viewer: &Viewer, mut request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let mut extensions = std::mem::take(request.extensions_mut());
        extensions.clear();
        viewer.introduce(&path, request.headers_mut(), &mut extensions);
        *request.extensions_mut() = extensions;
        match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Answer {
    fn none(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Value::Null,
        }
    }
}
