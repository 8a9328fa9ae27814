//! Image references.

/// The parts of an Amazon ECR private image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrImage<'a> {
    /// Account of the registry.
    pub account: &'a str,
    /// Region of the registry.
    pub region: &'a str,
    /// Repository name.
    pub repository: &'a str,
}

/// Reads `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG][@DIGEST]` and its FIPS, dual-stack
/// and China forms; anything else is no private ECR image.
/// Source: Amazon ECR User Guide, "Private registries".
#[must_use]
pub fn ecr_image(reference: &str) -> Option<EcrImage<'_>> {
    let (host, path) = reference.split_once('/')?;
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    let repository = path.split_once(':').map_or(path, |(repository, _)| repository);
    let mut labels = host.split('.');
    let account = labels.next()?.trim_end_matches("-fips");
    let registry = labels.next()?;
    if registry == "dkr-ecr" || registry == "dkr-ecr-fips" {
        let region = labels.next()?;
        return host.ends_with(".on.aws").then_some(EcrImage { account, region, repository });
    }
    let service = labels.next()?;
    let region = labels.next()?;
    let known = registry == "dkr" && (service == "ecr" || service == "ecr-fips");
    let domain = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (known && domain && digits && !repository.is_empty()).then_some(EcrImage { account, region, repository })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_registries_are_recognised_in_every_form() {
        for reference in [
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1.4",
            "111122223333.dkr.ecr-fips.eu-west-1.amazonaws.com/shop/api@sha256:00",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn/shop/api",
            "111122223333.dkr-ecr.eu-west-1.on.aws/shop/api:1@sha256:00",
        ] {
            let image = ecr_image(reference).unwrap();
            assert_eq!((image.account, image.region, image.repository), ("111122223333", "eu-west-1", "shop/api"));
        }
    }

    #[test]
    fn other_registries_are_not() {
        for reference in ["nginx", "nginx:1.27", "public.ecr.aws/nginx/nginx:1", "host:5000/app", "evil.dkr.ecr.x.example.com/a", ""] {
            assert_eq!(ecr_image(reference), None, "{reference}");
        }
    }
}
