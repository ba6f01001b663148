//! Subnets for the networks of exercises, and the routes that they must not cover.

use std::{fmt, fs, net::Ipv4Addr, str::FromStr};

/// The table of IPv4 routes of this machine, where the engine runs as well.
const ROUTES: &str = "/proc/net/route";

/// Private ranges, and that of RFC 2544, for laboratories like this one: an address and the bits that are
/// free in it.
const RANGES: [(Ipv4Addr, u32); 4] = [
    (Ipv4Addr::new(10, 0, 0, 0), 24),
    (Ipv4Addr::new(172, 16, 0, 0), 20),
    (Ipv4Addr::new(198, 18, 0, 0), 17),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// A subnet of 256 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet(u32);

impl Subnet {
    const HOST_BITS: u32 = 8;
    /// How many nodes it has addresses for: all but its own, the gateway's (the first) and the broadcast
    /// address.
    pub(super) const NODES: u32 = (1 << Self::HOST_BITS) - 3;

    /// One that covers no route; another for each attempt. `None` where the attempt meets a route.
    pub(super) fn free(seed: u64, attempt: u32, taken: &[Route]) -> Option<Self> {
        let (base, bits) = *RANGES.get(attempt as usize % RANGES.len())?;
        // Runs side by side begin at different places, and each attempt is elsewhere.
        let spread = seed.wrapping_add(u64::from(attempt).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 20;
        let count = 1_u64 << (bits - Self::HOST_BITS);
        let number = u32::try_from(spread % count).ok()?;
        let subnet = Self(u32::from(base) | (number << Self::HOST_BITS));
        (!taken.iter().any(|route| route.meets(subnet))).then_some(subnet)
    }

    /// The address by which this machine is in it.
    pub(super) const fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.0 + 1)
    }

    /// The address of the node with this number, counted from 0.
    pub(super) fn node(self, number: u32) -> Option<Ipv4Addr> {
        (number < Self::NODES).then(|| Ipv4Addr::from(self.0 + 2 + number))
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.0), 32 - Self::HOST_BITS)
    }
}

impl FromStr for Subnet {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').ok_or(())?;
        if bits.parse() != Ok(32 - Self::HOST_BITS) {
            return Err(());
        }
        address.parse::<Ipv4Addr>().map(|address| Self(address.into())).map_err(drop)
    }
}

/// A destination that this machine has a route to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    to: u32,
    mask: u32,
}

impl Route {
    fn meets(self, subnet: Subnet) -> bool {
        let mask = self.mask & (u32::MAX << Subnet::HOST_BITS);
        self.to & mask == subnet.0 & mask
    }
}

/// The routes of this machine, without the default ones; none where they can't be read.
pub(super) fn routes() -> Vec<Route> {
    parse(&fs::read_to_string(ROUTES).unwrap_or_default())
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, the addresses as hexadecimal numbers in the
/// order of this machine's bytes.
fn parse(table: &str) -> Vec<Route> {
    let number = |text: &str| {
        u32::from_str_radix(text, 16).ok().map(|number| u32::from_be_bytes(number.to_ne_bytes()))
    };
    let route = |line: &str| {
        let mut fields = line.split_whitespace();
        let to = number(fields.nth(1)?)?;
        let mask = number(fields.nth(5)?)?;
        (mask != 0).then_some(Route { to, mask })
    };
    table.lines().filter_map(route).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TABLE: &str = "Iface\tDestination\tGateway \
        \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n\
        br0\t000013C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn routes_are_read_without_the_default_one() {
        let expected = [("10.0.0.0", 0xFF00_0000), ("198.19.0.0", 0xFFFF_FF00)];
        let expected =
            expected.map(|(to, mask)| Route { to: to.parse::<Ipv4Addr>().expect("an address").into(), mask });
        assert_eq!(parse(TABLE), expected);
    }

    #[test]
    fn a_subnet_covers_no_route_of_the_machine_and_lies_in_a_private_range() {
        let taken = parse(TABLE);
        let mut seen = BTreeSet::new();
        for seed in 0..50_u64 {
            for attempt in 0..64 {
                let Some(subnet) = Subnet::free(seed.wrapping_mul(0xD134_2543_DE82_EF95), attempt, &taken)
                else {
                    continue;
                };
                let first = subnet.node(0).expect("an address").octets();
                assert!(
                    matches!(first, [172, 16..=31, _, 2] | [198, 18 | 19, _, 2] | [192, 168, _, 2]),
                    "{first:?}"
                );
                assert_ne!(first, [198, 19, 0, 2]);
                assert_eq!(subnet.to_string().parse(), Ok(subnet));
                seen.insert(first);
            }
        }
        assert!(seen.len() > 500, "{} different subnets", seen.len());
    }

    #[test]
    fn every_node_has_an_address_of_its_own_and_they_end() {
        let subnet: Subnet = "10.1.2.0/24".parse().expect("a subnet");
        let addresses: BTreeSet<_> = (0..Subnet::NODES).filter_map(|number| subnet.node(number)).collect();
        assert_eq!(addresses.len(), 253);
        assert_eq!(addresses.first(), Some(&Ipv4Addr::new(10, 1, 2, 2)));
        assert_eq!(addresses.last(), Some(&Ipv4Addr::new(10, 1, 2, 254)));
        assert_eq!(subnet.node(Subnet::NODES), None);
    }
}
