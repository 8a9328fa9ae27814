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

/// Registry and repository of an image reference, Docker Hub's written out.
#[must_use]
pub fn repository(image: &str) -> String {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let name = match name.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    match name.split_once('/') {
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// Who publishes an image: the account of a private Amazon ECR registry; elsewhere the registry with the
/// namespace of the repository, `docker.io/library`.
#[must_use]
pub fn publisher(image: &str) -> String {
    if let Some(parts) = ecr_image(image) {
        return format!("account {}", parts.account);
    }
    let repository = repository(image);
    let mut parts = repository.split('/');
    let (registry, namespace, name) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    namespace.filter(|_| name.is_some()).map_or_else(|| registry.to_owned(), |namespace| format!("{registry}/{namespace}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_one_account_or_namespace_have_one_publisher() {
        for (image, expected) in [
            ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "account 111122223333"),
            ("nginx", "docker.io/library"),
            ("vendor/agent:7", "docker.io/vendor"),
            ("public.ecr.aws/vendor/team/agent@sha256:00", "public.ecr.aws/vendor"),
            ("host:5000/app:2", "host:5000"),
        ] {
            assert_eq!(publisher(image), expected, "{image}");
        }
    }

    #[test]
    fn repositories_are_read_from_every_form_of_reference() {
        for (image, expected) in [
            ("app", "docker.io/library/app"),
            ("org/app:1@sha256:00", "docker.io/org/app"),
            ("host:5000/app", "host:5000/app"),
            ("host:5000/app:2", "host:5000/app"),
            ("public.ecr.aws/xray/aws-xray-daemon:3", "public.ecr.aws/xray/aws-xray-daemon"),
        ] {
            assert_eq!(repository(image), expected);
        }
    }

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
