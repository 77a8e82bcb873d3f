"""The modules of Asterisk that we load, by what they are for; a name that is not used any more is taken out here."""

_CORE = ("pbx_config", "res_timing_timerfd", "res_stasis", "func_callerid", "func_channel", "func_env")
_DIALPLAN = ("func_dialplan", "func_logic", "func_strings", "func_timeout", "func_db", "func_evalexten", "app_stack")
_SOUND = ("format_pcm", "format_sln", "format_wav", "codec_alaw", "codec_ulaw", "codec_a_mu", "codec_resample")
_CALLS = (
    "app_playback",
    "app_read",
    "app_record",
    "app_dial",
    "app_queue",
    "app_mixmonitor",
    "res_musiconhold",
    "res_speech",
    "res_agi",
    "app_exec",
)
_BRIDGES = ("bridge_simple", "bridge_native_rtp", "bridge_softmix", "bridge_builtin_features")
_SIP = (
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_http_websocket",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_registrar",
    "res_pjsip_transport_websocket",
    "res_pjsip_nat",
    "res_pjsip_caller_id",
    "res_pjsip_rfc3326",
    "res_pjsip_dtmf_info",
    "res_pjsip_header_funcs",
    "res_pjsip_logger",
    "res_srtp",
    "res_rtp_asterisk",
    "res_pjsip_sdp_rtp",
    "res_pjsip_pubsub",
    "chan_pjsip",
)
_WATCH = ("res_manager_devicestate",)

MODULES = (*_CORE, *_SOUND, *_BRIDGES, *_SIP, *_DIALPLAN, *_CALLS, *_WATCH)
