//! References are read as runtimes read them, and any text is safe.

use super::*;
use proptest::prelude::*;

const SHA: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn reads_what_runtimes_read() {
    let parts = |image: &str| {
        let parsed: ImageRef = image.parse().unwrap();
        (parsed.registry.unwrap_or_default(), parsed.path, parsed.tag.unwrap_or_default())
    };
    for (image, registry, path, tag) in [
        ("shop", "", "shop", ""),
        ("shop:v1", "", "shop", "v1"),
        ("library/shop:v1", "", "library/shop", "v1"),
        ("localhost/shop", "localhost", "shop", ""),
        ("registry.example/shop:v1", "registry.example", "shop", "v1"),
        ("registry:5000/team/shop", "registry:5000", "team/shop", ""),
        ("[2001:db8::1]:5000/shop:v1", "[2001:db8::1]:5000", "shop", "v1"),
        ("a.b/my_shop/x--y__z.w:V1.2-rc_3", "a.b", "my_shop/x--y__z.w", "V1.2-rc_3"),
    ] {
        assert_eq!(parts(image), (registry.to_owned(), path.to_owned(), tag.to_owned()), "{image}");
        assert_eq!(image.parse::<ImageRef>().unwrap().to_string(), image);
    }
    let pinned = format!("a.b:80/c:d@{SHA}").parse::<ImageRef>().unwrap();
    assert_eq!((pinned.tag.as_deref(), pinned.digest.as_deref()), (Some("d"), Some(SHA)));
}

#[test]
fn refuses_with_the_part() {
    for (image, fault) in [
        ("", "malformed name in \"\""),
        ("Shop:v1", "malformed name in \"Shop\""),
        ("shop:", "malformed tag in \"\""),
        ("shop:v 1", "malformed tag in \"v 1\""),
        ("shop@sha256:12", "malformed digest in \"sha256:12\""),
        ("a..b/shop", "malformed registry in \"a..b\""),
        ("a.b:x/shop", "malformed registry in \"a.b:x\""),
        ("a//b", "malformed name in \"\""),
        ("a/-b", "malformed name in \"-b\""),
        ("a/b___c", "malformed name in \"b___c\""),
    ] {
        let error = image.parse::<ImageRef>().unwrap_err().to_string();
        assert!(error.ends_with(fault), "{image}: {error}");
    }
}

#[test]
fn rewrites_registry_and_tag() {
    let rewrite = |registry: Option<&str>, tag: Option<&str>| ImageRewrite {
        registry: registry.map(str::to_owned),
        tag: tag.map(str::to_owned),
    };
    let here = rewrite(Some("registry.sh.example:5000"), None);
    assert_eq!(here.apply("registry.example/shop:v1").unwrap(), "registry.sh.example:5000/shop:v1");
    assert_eq!(here.apply("shop").unwrap(), "registry.sh.example:5000/shop");
    assert_eq!(
        here.apply(&format!("r.x:1/a/b@{SHA}")).unwrap(),
        format!("registry.sh.example:5000/a/b@{SHA}")
    );
    let tagged = rewrite(None, Some("v2"));
    assert_eq!(tagged.apply(&format!("r.x/a:v1@{SHA}")).unwrap(), "r.x/a:v2");
    assert_eq!(rewrite(Some("m.example/mirror/"), None).apply("r.x/a:1").unwrap(), "m.example/mirror/a:1");
    assert_eq!(rewrite(None, None).apply("shop:v1").unwrap(), "shop:v1");
    assert!(rewrite(Some("bad..host"), None).apply("shop").is_err());
    assert!(rewrite(None, Some("a b")).apply("shop").is_err());
}

proptest! {
    #[test]
    fn never_panics_and_what_is_read_is_written_back(image in "[a-cA/:@._\\[\\]é-]{0,24}") {
        if let Ok(parsed) = image.parse::<ImageRef>() {
            prop_assert_eq!(parsed.to_string(), image);
        }
    }

    #[test]
    fn any_text_is_safe(image in "\\PC{0,60}", tag in "\\PC{0,9}") {
        let _ = ImageRewrite { registry: None, tag: Some(tag) }.apply(&image);
    }
}
