//! Texts that are JSON to kustomize, where it does not take YAML as well.

/// Where a text stops being JSON; `None` when it is JSON to its end.
pub(super) fn fault(text: &str) -> Option<usize> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let offset = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    Some((0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_where_json_ends() {
        assert_eq!(fault("[{\"op\": \"add\"}]\n"), None);
        assert_eq!(fault("[{op: add}]"), Some(2));
        assert_eq!(fault("[\n  {\"op\": 'add'}]"), Some(11));
        assert_eq!(fault("[{}] # c"), Some(5));
        assert_eq!(fault("[{\"é\": é}]"), Some(8));
        assert_eq!(fault("[{}"), Some(2));
    }
}
