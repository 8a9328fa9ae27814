//! Elastic Load Balancing: load balancers, their listeners, target groups.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types as sdk;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Key, Reading, Time, elb};

use super::ask::Miss;
use super::call::Call;
use super::run::{Page, Pages, Run, each};

/// Most objects on a page.
const PAGE: i32 = 400;

impl Run<'_> {
    /// Everything.
    pub(super) async fn load_balancing(&self) {
        tokio::join!(
            async {
                let call = Call::DescribeLoadBalancers;
                let listed = self.listing(call.name(), call, async |token, at| self.load_balancer_page(None, token, at).await).await;
                each(listed.iter().map(|arn| self.listeners(arn))).await;
                self.forget_listeners(&listed);
            },
            async {
                let call = Call::DescribeTargetGroups;
                self.listing(call.name(), call, async |token, at| self.target_group_page(&Ask::All, token, at).await).await;
            },
        );
    }

    /// A load balancer that a complete listing does not show has no listeners any more.
    fn forget_listeners(&self, listed: &BTreeSet<String>) {
        let mut now = self.now();
        let Some(at) = now.listings.get(Call::DescribeLoadBalancers.name()).and_then(|one| Some(one.complete.as_ref()?.read_at)) else {
            return;
        };
        let there: BTreeSet<String> = listed.iter().map(|arn| listing::listeners(path(arn))).collect();
        let prefix = listing::listeners("");
        for name in self.known.listings.keys().filter(|name| name.starts_with(&prefix) && !there.contains(*name)) {
            now.listing_complete(name.clone(), at, []);
        }
    }

    /// A load balancer with its listeners and the target groups behind it.
    pub(super) async fn load_balancer(&self, arn: String) {
        let call = Call::DescribeLoadBalancers;
        let pages = self.pages(call, async |token, at| self.load_balancer_page(Some(&arn), token, at).await).await;
        let gone = matches!(&pages.miss, Some(Miss::Refused(refusal)) if refusal.is(&["LoadBalancerNotFound"]));
        if gone {
            self.put(|now| &mut now.load_balancers, arn.clone(), Reading::absent(pages.at));
            self.now().listing_complete(listing::listeners(path(&arn)), pages.at, []);
            return;
        }
        self.settle(|now| &mut now.load_balancers, [arn.clone()], &pages.ids, pages.at, pages.miss.as_ref());
        tokio::join!(self.listeners(&arn), self.target_groups_of(&arn));
    }

    /// The listeners of a load balancer.
    async fn listeners(&self, balancer: &str) {
        let call = Call::DescribeListeners;
        let page = async |token: Option<String>, at: Time| {
            let send = |tap| {
                let request = self.clients.elb.describe_listeners().load_balancer_arn(balancer).page_size(PAGE);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = match self.ask.xml(call, send).await {
                Ok(answer) => answer,
                Err(Miss::Refused(refusal)) if refusal.is(&["LoadBalancerNotFound"]) => return Ok((Vec::new(), None)),
                Err(miss) => return Err(miss),
            };
            let objects = answer.listeners.unwrap_or_default().into_iter().map(listener);
            Ok((self.record(call, |now| &mut now.listeners, at, objects, |one| &one.listener_arn)?, answer.next_marker))
        };
        self.listing(listing::listeners(path(balancer)), call, page).await;
    }

    /// The target groups that a load balancer forwards to. Those it forwarded to are read again.
    async fn target_groups_of(&self, balancer: &str) {
        let call = Call::DescribeTargetGroups;
        let ask = Ask::Of(balancer);
        let pages = self.pages(call, async |token, at| self.target_group_page(&ask, token, at).await).await;
        let before = self.known.target_groups.iter().filter(|(arn, reading)| {
            !pages.ids.contains(*arn) && reading.value().is_some_and(|group| group.load_balancer_arns.iter().any(|one| one == balancer))
        });
        self.want(before.map(|(arn, _)| Key::TargetGroup(arn.clone())));
    }

    /// Target groups by ARN.
    pub(super) async fn target_groups(&self, arns: BTreeSet<String>) {
        // One that is gone would fail the question about all.
        each(arns.into_iter().map(async |arn: String| {
            let ask = Ask::One(&arn);
            let mut pages: Pages =
                self.pages(Call::DescribeTargetGroups, async |token, at| self.target_group_page(&ask, token, at).await).await;
            if matches!(&pages.miss, Some(Miss::Refused(refusal)) if refusal.is(&["TargetGroupNotFound"])) {
                pages.miss = None;
            }
            self.settle(|now| &mut now.target_groups, [arn.clone()], &pages.ids, pages.at, pages.miss.as_ref());
        }))
        .await;
    }

    async fn load_balancer_page(&self, only: Option<&str>, token: Option<String>, at: Time) -> Result<Page, Miss> {
        let send = |tap| {
            let request = self.clients.elb.describe_load_balancers().set_marker(token.clone());
            let request = match only {
                Some(arn) => request.load_balancer_arns(arn),
                None => request.page_size(PAGE),
            };
            request.customize().interceptor(tap).send()
        };
        let answer = self.ask.xml(Call::DescribeLoadBalancers, send).await?;
        let objects = answer.load_balancers.unwrap_or_default().into_iter().map(load_balancer);
        Ok((
            self.record(Call::DescribeLoadBalancers, |now| &mut now.load_balancers, at, objects, |one| &one.load_balancer_arn)?,
            answer.next_marker,
        ))
    }

    async fn target_group_page(&self, ask: &Ask<'_>, token: Option<String>, at: Time) -> Result<Page, Miss> {
        let send = |tap| {
            let request = self.clients.elb.describe_target_groups().set_marker(token.clone());
            let request = match ask {
                Ask::All => request.page_size(PAGE),
                Ask::Of(balancer) => request.load_balancer_arn(*balancer),
                Ask::One(arn) => request.target_group_arns(*arn),
            };
            request.customize().interceptor(tap).send()
        };
        let answer = self.ask.xml(Call::DescribeTargetGroups, send).await?;
        let objects = answer.target_groups.unwrap_or_default().into_iter().map(target_group);
        Ok((
            self.record(Call::DescribeTargetGroups, |now| &mut now.target_groups, at, objects, |one| &one.target_group_arn)?,
            answer.next_marker,
        ))
    }
}

/// Which target groups.
enum Ask<'a> {
    All,
    /// Of this load balancer.
    Of(&'a str),
    /// This one.
    One(&'a str),
}

/// `app/name/id` of a load balancer's ARN.
fn path(arn: &str) -> &str {
    arn.split_once(":loadbalancer/").map_or(arn, |(_, path)| path)
}

fn load_balancer(balancer: sdk::LoadBalancer) -> elb::LoadBalancer {
    elb::LoadBalancer {
        load_balancer_arn: balancer.load_balancer_arn.unwrap_or_default(),
        load_balancer_name: balancer.load_balancer_name,
        dns_name: balancer.dns_name,
        scheme: balancer.scheme.map(|scheme| scheme.as_str().to_owned()),
        kind: balancer.r#type.map(|kind| kind.as_str().to_owned()),
        vpc_id: balancer.vpc_id,
        security_groups: balancer.security_groups.unwrap_or_default(),
        availability_zones: balancer
            .availability_zones
            .unwrap_or_default()
            .into_iter()
            .map(|zone| elb::LoadBalancerZone { zone_name: zone.zone_name, subnet_id: zone.subnet_id })
            .collect(),
        ip_address_type: balancer.ip_address_type.map(|kind| kind.as_str().to_owned()),
    }
}

fn listener(listener: sdk::Listener) -> elb::Listener {
    elb::Listener {
        listener_arn: listener.listener_arn.unwrap_or_default(),
        load_balancer_arn: listener.load_balancer_arn,
        port: listener.port.map(i64::from),
        protocol: listener.protocol.map(|protocol| protocol.as_str().to_owned()),
        ssl_policy: listener.ssl_policy,
        default_actions: listener
            .default_actions
            .unwrap_or_default()
            .into_iter()
            .map(|action| elb::Action {
                kind: action.r#type.map(|kind| kind.as_str().to_owned()),
                target_group_arn: action.target_group_arn,
            })
            .collect(),
    }
}

fn target_group(group: sdk::TargetGroup) -> elb::TargetGroup {
    elb::TargetGroup {
        target_group_arn: group.target_group_arn.unwrap_or_default(),
        target_group_name: group.target_group_name,
        protocol: group.protocol.map(|protocol| protocol.as_str().to_owned()),
        port: group.port.map(i64::from),
        vpc_id: group.vpc_id,
        target_type: group.target_type.map(|kind| kind.as_str().to_owned()),
        load_balancer_arns: group.load_balancer_arns.unwrap_or_default(),
        health_check_port: group.health_check_port,
    }
}
