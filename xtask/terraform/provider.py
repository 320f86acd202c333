"""A Terraform provider that knows its schema and nothing else, so that `terraform validate` and, with mocked providers,
`terraform test` work without a registry. It speaks Terraform's plugin protocol 6. Its schema is the `schema.json` beside
it, as schemas.py writes it; `cargo xtask terraform` puts the name of an interpreter before these lines.

It is stricter nowhere and laxer in this: it knows neither values (enumerations, patterns) nor which attributes exclude
each other, and an optional attribute may always be left to the provider.
"""

import base64
import datetime
import json
import os
import sys
import tempfile
import threading
from concurrent import futures

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc

Nesting = protocol.Schema.Object.NestingMode
NESTED = {"list": Nesting.LIST, "map": Nesting.MAP}
BLOCKS = protocol.Schema.NestedBlock.NestingMode.LIST


def constraint(kind):
    """A type as Terraform writes it in JSON."""
    match kind["k"]:
        case "string" | "number" | "bool":
            return kind["k"]
        case "list" | "map":
            return [kind["k"], constraint(kind["e"])]
        case "obj":
            return ["object", {name: constraint(attribute["t"]) for name, attribute in kind["a"].items()}]
        case _:
            return "dynamic"


def nested(kind):
    """The attributes inside of one, where it has any: so each of them is checked by name."""
    if kind["k"] == "obj":
        inner, nesting = kind, Nesting.SINGLE
    elif kind["k"] in NESTED and kind["e"]["k"] == "obj":
        inner, nesting = kind["e"], NESTED[kind["k"]]
    else:
        return None
    attributes = [attribute(name, one) for name, one in inner["a"].items()]
    return protocol.Schema.Object(attributes=attributes, nesting=nesting)


def attribute(name, described):
    if described.get("c"):
        given = {"computed": True}
    elif described["r"]:
        given = {"required": True}
    else:
        given = {"optional": True, "computed": True}
    inside = nested(described["t"])
    if inside is not None:
        return protocol.Schema.Attribute(name=name, nested_type=inside, **given)
    return protocol.Schema.Attribute(name=name, type=json.dumps(constraint(described["t"])).encode(), **given)


def block(attributes):
    plain, blocks = [], []
    for name, described in attributes.items():
        if not described.get("b"):
            plain.append(attribute(name, described))
            continue
        kind = described["t"]
        is_list = kind["k"] == "list"
        inner = kind["e"] if is_list else kind
        blocks.append(
            protocol.Schema.NestedBlock(
                type_name=name,
                block=block(inner.get("a", {})),
                nesting=BLOCKS,
                min_items=int(described["r"]),
                max_items=0 if is_list else 1,
            )
        )
    return protocol.Schema.Block(version=0, attributes=plain, block_types=blocks)


def schema(attributes):
    return protocol.Schema(version=0, block=block(attributes))


class Provider(tfplugin_pb2_grpc.ProviderServicer):
    def __init__(self, described):
        self.schemas = protocol.GetProviderSchema.Response(
            provider=schema(described["provider"]),
            resource_schemas={name: schema(one) for name, one in described["resources"].items()},
            data_source_schemas={name: schema(one) for name, one in described["data"].items()},
        )

    def GetProviderSchema(self, request, context):
        return self.schemas

    def GetMetadata(self, request, context):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "ask for the schema")

    def ValidateProviderConfig(self, request, context):
        return protocol.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request, context):
        return protocol.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request, context):
        return protocol.ValidateDataResourceConfig.Response()

    def StopProvider(self, request, context):
        return protocol.StopProvider.Response()


class Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):
    def __init__(self, stop):
        self.stop = stop

    def Shutdown(self, request, context):
        self.stop.set()
        return grpc_controller_pb2.Empty()


class Output(grpc_stdio_pb2_grpc.GRPCStdioServicer):
    def StreamStdio(self, request, context):
        return iter([])


def certificate():
    """Terraform talks to its plugins by TLS only, over a socket of ours; this lasts for one run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    built = built.add_extension(names, critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    signed = built.sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pair = (secret, signed.public_bytes(serialization.Encoding.PEM))
    return signed.public_bytes(serialization.Encoding.DER), grpc.ssl_server_credentials([pair])


def main():
    here = os.path.dirname(os.path.realpath(sys.argv[0]))
    with open(os.path.join(here, "schema.json")) as file:
        provider = Provider(json.load(file))
    stop = threading.Event()
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=unlimited)
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(provider, server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(stop), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Output(), server)
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "provider.sock")
        public, credentials = certificate()
        server.add_secure_port(f"unix://{socket}", credentials)
        server.start()
        shown = base64.b64encode(public).decode().rstrip("=")
        print("|".join(["1", "6", "unix", socket, "grpc", shown]), flush=True)
        stop.wait()
        server.stop(0)


main()
