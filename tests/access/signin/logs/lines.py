"""Lines as the systems write them; names, addresses and ids are made up."""

KEYCLOAK_LOGIN = (
    b'{"id":"0b1c","time":1764230400123,"type":"LOGIN","realmId":"main","clientId":"account-console","userId":"4e2fbbbc",'
    b'"sessionId":"43d6b49a","ipAddress":"203.0.113.7","details":{"auth_method":"openid-connect","username":"anna"}}'
)
KEYCLOAK_WRONG = (
    b'2026-11-27 08:00:01,199 WARN  [org.keycloak.events] (executor-thread-26) type="LOGIN_ERROR", realmId="15b3a838", '
    b'realmName="main", clientId="account-console", userId="4e2fbbbc", ipAddress="203.0.113.7", '
    b'error="invalid_user_credentials", auth_method="openid-connect", username="anna"'
)
KEYCLOAK_NOBODY = (
    b"2026-11-27 08:00:02,199 WARN  [org.keycloak.events] (default task-3) type=LOGIN_ERROR, realmId=7512f194, "
    b"clientId=account, userId=null, ipAddress=203.0.113.8, error=user_not_found, username=admin"
)
KEYCLOAK_REUSED = (
    b'2026-11-27T08:00:03.5Z WARN [org.keycloak.events] (executor-thread-1) type="REFRESH_TOKEN_ERROR", clientId="app", '
    b'userId="4e2fbbbc", ipAddress="203.0.113.7", error="invalid_token", reason="Maximum allowed refresh token reuse exceeded"'
)
OIDC_LOGIN = (
    b'{"time":"2026-11-27T08:00:00+01:00","event":"login","sub":"anna","client_id":"wiki","ip":"2001:db8:1:2::7",'
    b'"device":"laptop","country":"SE","sid":"s1","amr":["pwd","hwk"]}'
)
OIDC_REUSED = (
    b'{"time":1764230400,"event":"refresh","error":"refresh_reused","sub":"anna","ip":"203.0.113.7"}'
)
OIDC_CONSENT = b'{"time":1764230400500,"event":"consent","sub":"anna","client_id":"helper","scope":"openid offline_access"}'
ENTRA_WRONG = (
    b'{"id":"66ea54eb","createdDateTime":"2026-11-27T08:00:00.1234567Z","userPrincipalName":"anna@example.com",'
    b'"userId":"26be570a","appId":"de8bc8b5","appDisplayName":"Portal","ipAddress":"203.0.113.7","clientAppUsed":"Browser",'
    b'"isInteractive":true,"status":{"errorCode":50126,"failureReason":"Invalid username or password."},'
    b'"deviceDetail":{"deviceId":"","operatingSystem":"Windows10","browser":"Edge 131"},'
    b'"location":{"city":"Lund","countryOrRegion":"SE","geoCoordinates":{"latitude":55.7}}}'
)
ENTRA_EXPORTED = (
    b'{"time":"2026-11-27T08:00:05Z","category":"NonInteractiveUserSignInLogs","operationName":"Sign-in activity",'
    b'"properties":{"id":"77","createdDateTime":"2026-11-27T08:00:05+00:00","userId":"26be570a","appId":"de8bc8b5",'
    b'"ipAddress":"203.0.113.7","isInteractive":false,"status":{"errorCode":0},"deviceDetail":{"deviceId":"dev-1"},'
    b'"location":"SE","sessionId":"se-1"}}'
)
ENTRA_CONSENT = (
    b'{"id":"Directory_9","activityDateTime":"2026-11-27T08:10:00Z","activityDisplayName":"Consent to application",'
    b'"result":"success","initiatedBy":{"user":{"id":"26be570a","ipAddress":"203.0.113.7"}},'
    b'"targetResources":[{"id":"sp-1","displayName":"Helper","modifiedProperties":[{"displayName":"ConsentAction.Permissions",'
    b'"newValue":"[] => [[Scope: Mail.Read offline_access]]"}]}]}'
)
OKTA_WRONG = (
    b'{"uuid":"f790","published":"2026-11-27T08:00:00.001Z","eventType":"user.session.start","version":"0","severity":"WARN",'
    b'"actor":{"id":"00u1","type":"User","alternateId":"anna@example.com"},"client":{"ipAddress":"203.0.113.7",'
    b'"userAgent":{"rawUserAgent":"Mozilla/5.0","os":"Mac OS X"},"geographicalContext":{"country":"Sweden"}},'
    b'"outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},"authenticationContext":{"externalSessionId":"unknown"},'
    b'"debugContext":{"debugData":{"dtHash":"9f3a"}},"target":null}'
)
OKTA_REUSED = (
    b'{"uuid":"f791","published":"2026-11-27T08:00:02Z","eventType":"app.oauth2.as.token.detect_reuse","actor":{"id":"00u1"},'
    b'"client":{"ipAddress":"203.0.113.7"},"outcome":{"result":"FAILURE"},"target":[{"id":"0oa1","type":"AppInstance"}]}'
)
SSHD_ACCEPTED = (
    b'{"__CURSOR":"s=1;i=1","__REALTIME_TIMESTAMP":"1764230400123456","_HOSTNAME":"bastion","SYSLOG_IDENTIFIER":"sshd",'
    b'"MESSAGE":"Accepted publickey for anna from 203.0.113.7 port 50211 ssh2: ED25519 SHA256:abc","PRIORITY":"6"}'
)
SSHD_FAILED = (
    b"2026-11-27T08:00:00+0000 bastion sshd[812]: Failed password for anna from 203.0.113.9 port 50212 ssh2"
)
SSHD_INVALID = (
    b"2026-11-27T08:00:01.5+00:00 bastion sshd-session[812]: Invalid user admin from 2001:db8::9 port 50213"
)
SSHD_AGAIN = b"2026-11-27T08:00:02+0000 bastion sshd[812]: Failed password for invalid user admin from 203.0.113.9 port 1 ssh2"
SSHD_LEFT = b"2026-11-27T08:00:03+0000 bastion sshd[1]: Connection closed by authenticating user anna 203.0.113.9 port 4 [preauth]"
KUBERNETES_GOOD = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"c5f48f91","stage":"ResponseComplete",'
    b'"requestURI":"/api/v1/pods","verb":"list","user":{"username":"anna","groups":["system:authenticated"]},'
    b'"sourceIPs":["198.51.100.66","203.0.113.7"],"userAgent":"kubectl/v1.34.1 (linux/amd64)","objectRef":{"resource":"pods"},'
    b'"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-11-27T08:00:00.123456Z",'
    b'"stageTimestamp":"2026-11-27T08:00:00.2Z"}'
)
KUBERNETES_ANONYMOUS = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"c6","stage":"ResponseComplete","verb":"get",'
    b'"user":{"username":"system:anonymous"},"sourceIPs":["203.0.113.9"],"userAgent":"curl/8","responseStatus":{"code":401},'
    b'"requestReceivedTimestamp":"2026-11-27T08:00:00Z"}'
)
KUBERNETES_BINDING = KUBERNETES_GOOD.replace(b'"verb":"list"', b'"verb":"create"').replace(
    b'"objectRef":{"resource":"pods"}', b'"objectRef":{"resource":"clusterrolebindings","name":"everything"}'
)
SAMPLES = {
    "keycloak": (KEYCLOAK_LOGIN, KEYCLOAK_WRONG, KEYCLOAK_NOBODY, KEYCLOAK_REUSED),
    "oidc": (OIDC_LOGIN, OIDC_REUSED, OIDC_CONSENT),
    "entra": (ENTRA_WRONG, ENTRA_EXPORTED, ENTRA_CONSENT),
    "okta": (OKTA_WRONG, OKTA_REUSED),
    "sshd": (SSHD_ACCEPTED, SSHD_FAILED, SSHD_INVALID, SSHD_AGAIN, SSHD_LEFT),
    "kubernetes": (KUBERNETES_GOOD, KUBERNETES_ANONYMOUS, KUBERNETES_BINDING),
}
