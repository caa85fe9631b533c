from lateen.api.mesh_networks import IstioNetworkGateway, MeshNetworks, Network, NetworkEndpoints, decode


def test_networks_are_read_by_name() -> None:
    text = "networks:\n  vpc:\n    endpoints: [{fromRegistry: cluster-1}]\n    gateways: [{address: 192.0.2.1, port: 15443}]\n"
    assert decode(text) == (
        MeshNetworks({"vpc": Network((NetworkEndpoints(from_registry="cluster-1"),), (IstioNetworkGateway(address="192.0.2.1", port=15443),))}),
        [],
    )


def test_what_is_wrong_in_one_network_leaves_the_others() -> None:
    found, [finding] = decode("networks: {a: {gateways: 5}, b: {endpoints: [{fromCidr: 10.0.0.0/8}]}}")
    assert found.networks == {"a": Network(), "b": Network((NetworkEndpoints(from_cidr="10.0.0.0/8"),))}
    assert finding.path == "networks.a.gateways"
