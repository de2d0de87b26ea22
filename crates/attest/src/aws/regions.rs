//! The closed list of partitions and regions, and the STS hosts that follow from it.
//!
//! A request goes to one of these hosts and to no other, whatever it says itself.

/// A partition of AWS: accounts of one are unknown in the others.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Partition {
    /// As ARNs name it.
    pub(super) name: &'static str,
    suffix: &'static str,
    /// Of hosts that speak IPv6, too.
    dual_suffix: Option<&'static str>,
    regions: &'static [&'static str],
}

const PARTITIONS: &[Partition] = &[
    Partition {
        name: "aws",
        suffix: "amazonaws.com",
        dual_suffix: Some("api.aws"),
        regions: &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    },
    Partition {
        name: "aws-cn",
        suffix: "amazonaws.com.cn",
        dual_suffix: None,
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        name: "aws-us-gov",
        suffix: "amazonaws.com",
        dual_suffix: None,
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        name: "aws-iso",
        suffix: "c2s.ic.gov",
        dual_suffix: None,
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        name: "aws-iso-b",
        suffix: "sc2s.sgov.gov",
        dual_suffix: None,
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        name: "aws-iso-e",
        suffix: "cloud.adc-e.uk",
        dual_suffix: None,
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        name: "aws-iso-f",
        suffix: "csp.hci.ic.gov",
        dual_suffix: None,
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
    Partition { name: "aws-eusc", suffix: "amazonaws.eu", dual_suffix: None, regions: &["eusc-de-east-1"] },
];

/// The host that stands for all regions of the partition `aws`; it takes signatures for `us-east-1`.
pub(super) const GLOBAL_HOST: &str = "sts.amazonaws.com";
const GLOBAL_REGION: &str = "us-east-1";
/// Regions of `aws` with a host that keeps to FIPS 140.
const FIPS_REGIONS: &[&str] = &["us-east-1", "us-east-2", "us-west-1", "us-west-2"];

/// Whether ARNs may name this partition.
pub(super) fn is_partition(name: &str) -> bool {
    PARTITIONS.iter().any(|partition| partition.name == name)
}

/// The partition of a region; none if there is no such region.
pub(super) fn partition_of(region: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.regions.contains(&region))
}

/// The usual STS host of a region.
pub(super) fn host_of(partition: &Partition, region: &str) -> String {
    format!("sts.{region}.{}", partition.suffix)
}

/// Whether this is an STS host that takes signatures for the region.
pub(super) fn serves(host: &str, partition: &Partition, region: &str) -> bool {
    host == host_of(partition, region)
        || (host == GLOBAL_HOST && region == GLOBAL_REGION)
        || (FIPS_REGIONS.contains(&region) && host == format!("sts-fips.{region}.{}", partition.suffix))
        || partition.dual_suffix.is_some_and(|suffix| host == format!("sts.{region}.{suffix}"))
}

/// Whether this is an STS host of any region.
pub(super) fn is_sts(host: &str) -> bool {
    PARTITIONS.iter().any(|partition| partition.regions.iter().any(|region| serves(host, partition, region)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_list_are_sts() {
        for host in [
            "sts.amazonaws.com",
            "sts.eu-west-1.amazonaws.com",
            "sts-fips.us-east-1.amazonaws.com",
            "sts.eu-west-1.api.aws",
            "sts.cn-north-1.amazonaws.com.cn",
            "sts.us-gov-west-1.amazonaws.com",
            "sts.us-iso-east-1.c2s.ic.gov",
        ] {
            assert!(is_sts(host), "{host}");
        }
        for host in [
            "",
            "amazonaws.com",
            "sts.eu-west-1.amazonaws.com.evil.example",
            "sts.evil.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com",
            "sts.eu-west-1.amazonaws.com.cn",
            "sts-fips.eu-west-1.amazonaws.com",
            "STS.eu-west-1.amazonaws.com",
            "sts.eu-west-1.amazonaws.com:443",
            "sts.eu-west-1.amazonaws.com.",
        ] {
            assert!(!is_sts(host), "{host}");
        }
    }

    #[test]
    fn a_host_takes_signatures_of_its_own_region() {
        let aws = partition_of("eu-west-1").unwrap();
        assert!(serves("sts.eu-west-1.amazonaws.com", aws, "eu-west-1"));
        assert!(!serves("sts.eu-west-2.amazonaws.com", aws, "eu-west-1"));
        assert!(!serves(GLOBAL_HOST, aws, "eu-west-1"));
        assert!(serves(GLOBAL_HOST, aws, "us-east-1"));
        assert_eq!(partition_of("eu-west-9"), None);
    }
}
