//! The bound on prepared clusters.

use std::collections::HashMap;

use bollard::query_parameters::{ListVolumesOptions, RemoveVolumeOptions};

use super::{
    engine::{Engine, call, call_unless},
    names::{CACHE, OURS},
};
use crate::lab::LabError;

/// So many prepared clusters are kept; each is 40 MB and more.
const AT_MOST: usize = 6;

/// Makes room for a prepared cluster, unless it is there: the oldest go, but for those that a container uses.
pub(super) async fn make_room(engine: &Engine, name: &str) -> Result<(), LabError> {
    let docker = engine.docker();
    let terms = vec![format!("{OURS}=1"), format!("{CACHE}=prepared")];
    let options = ListVolumesOptions { filters: Some(HashMap::from([("label".to_owned(), terms)])) };
    let mut volumes =
        call("list prepared clusters", docker.list_volumes(Some(options))).await?.volumes.unwrap_or_default();
    volumes.retain(|volume| volume.labels.get(CACHE).is_some_and(|cache| cache == "prepared"));
    if volumes.iter().any(|volume| volume.name == name) {
        return Ok(());
    }
    // A text in RFC 3339 or a time, as bollard was built; both sort by age.
    volumes.sort_by(|a, b| Ord::cmp(&a.created_at, &b.created_at));
    let mut surplus = (volumes.len() + 1).saturating_sub(AT_MOST);
    for volume in volumes {
        if surplus == 0 {
            break;
        }
        let what = format!("remove the prepared cluster {}", volume.name);
        // 409: in use. 404: another exercise was faster.
        let removed =
            call_unless(&[404, 409], what, docker.remove_volume(&volume.name, None::<RemoveVolumeOptions>))
                .await?;
        surplus -= usize::from(removed.is_some());
    }
    Ok(())
}
