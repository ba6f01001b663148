//! Addresses of nodes.

use std::{collections::BTreeSet, net::IpAddr};

use lifeboat::{
    drill::REPOSITORY,
    lab::{Provision, Runtime, docker::Lab},
};

use crate::{cleaned_up, engine, image, lab, node, run};

async fn address(lab: &Lab, name: &str) -> IpAddr {
    lab.address(&node(name)).await.expect("an address").host
}

#[tokio::test]
async fn no_address_is_used_twice_within_an_exercise() {
    let Some(engine) = engine().await else { return };
    let run = run("addresses");
    let lab = lab(&engine, &run).await;
    let mut seen = BTreeSet::from([address(&lab, REPOSITORY).await, address(&lab, "primary").await]);
    for _ in 0..3 {
        lab.destroy(&node("primary")).await.expect("destroyed");
        for name in ["primary", "recovered"] {
            lab.create(&node(name), Provision::Empty).await.expect("created");
            assert!(seen.insert(address(&lab, name).await), "{name} has an address of before: {seen:?}");
        }
        lab.destroy(&node("recovered")).await.expect("destroyed");
    }
    cleaned_up(&lab, &run).await;
}

/// The engine's own pools end near 30.
#[tokio::test]
async fn forty_exercises_have_networks_side_by_side() {
    let Some(engine) = engine().await else { return };
    let run = run("networks");
    let image = image(&engine, 17).await;
    let labs: Vec<Lab> = (0..40)
        .map(|number| Lab::new(engine.clone(), image.clone(), &run, &format!("tests/{number}@17")))
        .collect();
    let mut addresses = BTreeSet::new();
    for lab in &labs {
        lab.create(&node(REPOSITORY), Provision::Empty).await.expect("created");
        assert!(addresses.insert(address(lab, REPOSITORY).await), "two exercises share an address");
    }
    for lab in &labs {
        assert_eq!(lab.clean_up().await, Vec::<String>::new());
    }
}
