import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { type Preferences, prefer, preferences } from './preferences';

/** English is complete and stands in for whatever another language lacks; each is loaded when it is asked for. */
const LOCALES = {
  en: () => import('~/locales/en.json'),
  de: () => import('~/locales/de.json'),
};

async function load(language: Preferences['language']): Promise<void> {
  if (i18next.hasResourceBundle(language, 'translation')) return;
  const words = await LOCALES[language]();
  i18next.addResourceBundle(language, 'translation', words.default);
}

export async function startLanguage(): Promise<void> {
  const { language } = preferences();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await Promise.all([load('en'), load(language)]);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export async function speak(language: Preferences['language']): Promise<void> {
  await load(language);
  prefer({ language });
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}
