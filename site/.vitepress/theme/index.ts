/** The default theme with the fonts of the reader's system: Inter would be 400 kB, and a licence more. */
import theme from 'vitepress/theme-without-fonts';

export default theme;
