"""Keys and tokens as their issuers write them: prefix, alphabet, length, and where that stands.

Facts only. A form is text with runs in it, ``<36a>``: 36 characters of the alphabet ``a``;
``<1-32e>`` has from 1 to 32. With ``<36a+>`` the issuer gives 36, and 16 are enough to tell,
because issuers lengthen their keys and logs cut them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ALPHABETS: Final = {
    "a": "A-Za-z0-9",
    "b": "A-Za-z0-9+/=",
    "d": "0-9",
    "e": "a-z0-9-",
    "h": "a-f0-9",
    "H": "A-Fa-f0-9",
    "l": "a-z0-9",
    "p": "A-Za-z0-9_@/-",
    "q": "A-Za-z0-9_+/=-",
    "u": "A-Z2-7",
    "U": "A-Z0-9",
    "w": "A-Za-z0-9_-",
    "z": "A-Za-z0-9_~.-",
}
"""By the letter that names it, as a class of a regular expression has it."""


class TokenForm(NamedTuple):
    """The forms of one issuer's keys, separated by blanks."""

    issuer: str
    forms: str
    source: str


_GITLEAKS: Final = "https://github.com/gitleaks/gitleaks/blob/b58d3f1/config/gitleaks.toml"
_TRUFFLEHOG: Final = "https://github.com/trufflesecurity/trufflehog/tree/3ab759f/pkg/detectors"
_GITHUB: Final = "https://github.blog/engineering/behind-githubs-new-authentication-token-formats/"
_OURS: Final = "functions/common/auth, functions/members, src/llm_observe/privacy/protection.py"

TOKEN_FORMS: Final = (
    # This product and what it stands on.
    TokenForm("llm-observe API key", "lo_<1-32e>_<8a>_<49w+>", _OURS),
    TokenForm("llm-observe invitation", "loi_<8a>_<49w+>", _OURS),
    TokenForm("llm-observe digest key", "d1:<1-64z>:<43q+>", _OURS),
    TokenForm(
        "Supabase",
        "sb_secret_<31w+> sb_publishable_<31w+> sbp_<40w+>",
        "https://supabase.com/docs/guides/api/api-keys",
    ),
    TokenForm("JSON Web Token", "eyJ<36w+>.<80z+>", "https://www.rfc-editor.org/rfc/rfc7519"),
    # Models and what surrounds them.
    TokenForm("OpenAI, DeepSeek, Braintrust", "sk-<48w+>", f"{_TRUFFLEHOG}/openai"),
    TokenForm("OpenAI project", "sk-proj-<58w>T3BlbkFJ<58w+>", _GITLEAKS),
    TokenForm("Anthropic", "sk-ant-api03-<95w+> sk-ant-admin01-<95w+>", _GITLEAKS),
    TokenForm("OpenRouter", "sk-or-v1-<64h+>", f"{_TRUFFLEHOG}/openrouter"),
    TokenForm("Amazon Bedrock", "ABSK<128b+> bedrock-api-key-<128b+>", _GITLEAKS),
    TokenForm("Groq", "gsk_<52a+>", f"{_TRUFFLEHOG}/groq"),
    TokenForm("xAI", "xai-<80w+>", f"{_TRUFFLEHOG}/xai"),
    TokenForm("Perplexity", "pplx-<48a+>", _GITLEAKS),
    TokenForm("NVIDIA", "nvapi-<64w+>", f"{_TRUFFLEHOG}/nvapi"),
    TokenForm("Hugging Face", "hf_<34a+> api_org_<34a+>", f"{_TRUFFLEHOG}/huggingface"),
    TokenForm("Replicate", "r8_<37w+>", f"{_TRUFFLEHOG}/replicate"),
    TokenForm("ElevenLabs", "sk_<48h>", f"{_TRUFFLEHOG}/elevenlabs"),
    TokenForm("Pinecone", "pcsk_<5-6a>_<63a+>", f"{_TRUFFLEHOG}/pinecone"),
    TokenForm("Tavily", "tvly-<32w+>", "https://docs.tavily.com/documentation/api-reference"),
    TokenForm("LangSmith", "lsv2_pt_<43w+> lsv2_sk_<43w+>", f"{_TRUFFLEHOG}/langsmith"),
    TokenForm("Langfuse", "sk-lf-<36w+>", f"{_TRUFFLEHOG}/langfuse"),
    TokenForm("PostHog", "phx_<43w+>", f"{_TRUFFLEHOG}/posthog"),
    # Clouds.
    TokenForm("AWS", "AKIA<16u> ASIA<16u> ABIA<16u> ACCA<16u>", _GITLEAKS),
    TokenForm("Google API key", "AIza<35w+>", _GITLEAKS),
    TokenForm("Google OAuth", "GOCSPX-<28w+> ya29.<100w+>", f"{_TRUFFLEHOG}/googleoauth2"),
    TokenForm(
        "Google refresh token",
        "1//0<60w+>",
        "https://developers.google.com/identity/protocols/oauth2/web-server",
    ),
    TokenForm("Microsoft Entra client secret", "<3z><1d>Q~<31-34z>", _GITLEAKS),
    TokenForm("DigitalOcean", "dop_v1_<64h+> doo_v1_<64h+> dor_v1_<64h+>", _GITLEAKS),
    TokenForm(
        "Cloudflare",
        "cfut_<48a+> cfat_<48a+> cfk_<48a+>",
        f"{_TRUFFLEHOG}/cloudflareapitoken",
    ),
    TokenForm("Cloudflare origin CA", "v1.0-<24h>-<146h+>", _GITLEAKS),
    TokenForm("Heroku", "HRKU-AA<58w+>", _GITLEAKS),
    TokenForm("Fly.io", "fo1_<43w+> fm1a_<100b+> fm1r_<100b+> fm2_<100b+>", _GITLEAKS),
    TokenForm("Netlify", "nfp_<36w+>", f"{_TRUFFLEHOG}/netlify"),
    TokenForm("Databricks", "dapi<32h+>", _GITLEAKS),
    TokenForm("PlanetScale", "pscale_tkn_<43z+> pscale_pw_<43z+> pscale_oauth_<43z+>", _GITLEAKS),
    TokenForm("Tailscale", "tskey-auth-<40w+> tskey-api-<40w+>", f"{_TRUFFLEHOG}/tailscale"),
    TokenForm("OpenShift", "sha256~<43w+>", _GITLEAKS),
    # Keepers of secrets.
    TokenForm("HashiCorp Vault", "hvs.<95w+> hvb.<138w+> hvr.<95w+>", _GITLEAKS),
    TokenForm("HashiCorp Terraform", "<14a>.atlasv1.<67w+>", _GITLEAKS),
    TokenForm(
        "Doppler",
        "dp.pt.<43a+> dp.ct.<43a+> dp.sa.<43a+> dp.scim.<43a+> dp.audit.<43a+> dp.st.<44z+>",
        f"{_TRUFFLEHOG}/doppler",
    ),
    TokenForm("1Password", "ops_eyJ<250b+>", _GITLEAKS),
    TokenForm("age", "AGE-SECRET-KEY-1<58U+>", "https://github.com/C2SP/C2SP/blob/main/age.md"),
    TokenForm("Pulumi", "pul-<40h+>", _GITLEAKS),
    # Code.
    TokenForm("GitHub", "ghp_<36a+> gho_<36a+> ghu_<36a+> ghs_<36w+> ghr_<36a+>", _GITHUB),
    TokenForm("GitHub, fine-grained", "github_pat_<82w+>", _GITLEAKS),
    TokenForm(
        "GitLab",
        "glpat-<20z+> gldt-<20z+> glrt-<20z+> glrtr-<20z+> glcbt-<24z+> glptt-<40h+> glft-<20z+> "
        "glimt-<25z+> glagent-<50z+> gloas-<64z+> glsoat-<20z+> glffct-<20z+> GR1348941<20w+>",
        "https://docs.gitlab.com/security/tokens/",
    ),
    TokenForm("Bitbucket", "BBDC-<44q+>", f"{_TRUFFLEHOG}/atlassiandatacenter"),
    TokenForm("Atlassian", "ATATT3<186q+> ATCTT3<186q+>", _GITLEAKS),
    TokenForm("npm", "npm_<36a+>", _GITLEAKS),
    TokenForm("PyPI", "pypi-AgE<150w+>", _GITLEAKS),
    TokenForm("RubyGems", "rubygems_<48h+>", _GITLEAKS),
    TokenForm("Docker", "dckr_pat_<27w+> dckr_oat_<32w+>", f"{_TRUFFLEHOG}/dockerhub"),
    TokenForm("JFrog", "AKCp<69a+> cmVmd<59a+>", _GITLEAKS),
    TokenForm("CircleCI", "CCIPAT_<22a>_<40h+>", f"{_TRUFFLEHOG}/circleci"),
    TokenForm("Buildkite", "bkua_<40l+>", f"{_TRUFFLEHOG}/buildkite"),
    TokenForm("SonarQube", "squ_<40h+> sqp_<40h+> sqa_<40h+>", _GITLEAKS),
    TokenForm("Sourcegraph", "sgp_<57w+>", _GITLEAKS),
    TokenForm("Postman", "PMAK-<24h>-<34h+>", _GITLEAKS),
    TokenForm("Octopus Deploy", "API-<26U+>", _GITLEAKS),
    # Monitoring.
    TokenForm("Sentry", "sntrys_<190q+> sntryu_<64h+>", _GITLEAKS),
    TokenForm("Grafana", "glsa_<41w+> glc_<100b+>", _GITLEAKS),
    TokenForm("New Relic", "NRAK-<27U+> NRII-<32w+> NRIQ-<32w+>", _GITLEAKS),
    TokenForm("Dynatrace", "dt0c01.<24U>.<64U+>", _GITLEAKS),
    # Money and shops.
    TokenForm("Stripe", "sk_live_<24a+> sk_test_<24a+> rk_live_<24a+> rk_test_<24a+>", _GITLEAKS),
    TokenForm(
        "Stripe organization", "sk_org_<24w+>", "https://docs.stripe.com/keys/organization-api-keys"
    ),
    TokenForm("Stripe webhook", "whsec_<32b+>", "https://docs.stripe.com/webhooks/signature"),
    TokenForm("Shopify", "shpat_<32H+> shpss_<32H+> shpca_<32H+> shppa_<32H+>", _GITLEAKS),
    TokenForm("Square", "sq0atp-<22w+> sq0csp-<43w+>", f"{_TRUFFLEHOG}/squareapp"),
    TokenForm("Shippo", "shippo_live_<40h+> shippo_test_<40h+>", _GITLEAKS),
    # Messages.
    TokenForm(
        "Slack",
        "xoxb-<50w+> xoxp-<70w+> xoxa-<50w+> xoxr-<50w+> xoxs-<50w+> xoxo-<50w+> xoxe-<150w+> "
        "xoxe.xoxb-<160w+> xoxe.xoxp-<160w+> xoxc-<50w+> xoxd-<50w+> xapp-<60w+>",
        _GITLEAKS,
    ),
    TokenForm(
        "Slack webhook",
        "hooks.slack.com/services/<46p+> hooks.slack.com/workflows/<46p+> "
        "hooks.slack.com/triggers/<46p+>",
        _GITLEAKS,
    ),
    TokenForm("Microsoft Teams webhook", "webhook.office.com/webhookb2/<140p+>", _GITLEAKS),
    TokenForm(
        "Discord webhook", "discord.com/api/webhooks/<18d+>/<68w+>", f"{_TRUFFLEHOG}/discordwebhook"
    ),
    TokenForm(
        "Discord bot",
        "M<23-27w>.<6w>.<27-38w> N<23-27w>.<6w>.<27-38w> O<23-27w>.<6w>.<27-38w>",
        f"{_TRUFFLEHOG}/discordbottoken",
    ),
    TokenForm("Telegram bot", "<8-10d>:A<34w>", _GITLEAKS),
    TokenForm("Twilio", "SK<32h>", f"{_TRUFFLEHOG}/twilioapikey"),
    TokenForm("SendGrid", "SG.<22w+>.<43w+>", _GITLEAKS),
    TokenForm("Mailgun", "key-<32h>", f"{_TRUFFLEHOG}/mailgun"),
    TokenForm("Brevo", "xkeysib-<64h>-<16a+>", _GITLEAKS),
    # Work.
    TokenForm("Notion", "ntn_<46a+> secret_<43a>", f"{_TRUFFLEHOG}/notion"),
    TokenForm("Linear", "lin_api_<40a+> lin_oauth_<40a+>", f"{_TRUFFLEHOG}/linearapi"),
    TokenForm("Figma", "figd_<40w+> figp_<40w+>", f"{_TRUFFLEHOG}/figmapersonalaccesstoken"),
    TokenForm("HubSpot", "pat-na1-<36w+> pat-eu1-<36w+>", f"{_TRUFFLEHOG}/hubspot_apikey"),
    TokenForm("Airtable", "pat<14a>.<64h>", _GITLEAKS),
    TokenForm("Typeform", "tfp_<44w+>", f"{_TRUFFLEHOG}/typeform"),
    TokenForm("Dropbox", "sl.<135w>", f"{_TRUFFLEHOG}/dropbox"),
    TokenForm("ReadMe", "rdme_<70l+>", _GITLEAKS),
)
