interface VisionPhrases {
  readonly noModel: string
  readonly busy: string
  readonly failed: string
  readonly look: string
}

const english: VisionPhrases = {
  noModel: 'I cannot look at pictures yet: no vision model is set up on this server.',
  busy: 'Sorry, I am looking at too many pictures right now. Please try again in a moment.',
  failed: 'Sorry, I could not look at the picture this time. Please try again.',
  look: 'What do you see in this picture?'
}

const chinese: VisionPhrases = {
  noModel: '我还不能看图片：这台服务器没有配置视觉模型。',
  busy: '抱歉，我现在要看的图片太多了，请稍后再试。',
  failed: '抱歉，这次没能看清图片，请再试一次。',
  look: '你在这张图片里看到了什么？'
}

/** Words for the device to speak in place of an answer. */
export function visionPhrases (language: string | undefined): VisionPhrases {
  return language === 'zh' || language === 'yue' ? chinese : english
}
