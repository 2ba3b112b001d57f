/** What made-up names are made of. */

/** 21 departments with 134 aisles, as many as the shop has whose size and shape this follows. */
export const DEPARTMENTS: Record<string, string[]> = {
  greengrocery: ['apples', 'citrus', 'berries', 'salads', 'roots', 'herbs', 'mushrooms', 'exotic fruit'],
  'milk and eggs': ['milk', 'cream', 'butter', 'yoghurt', 'cheese', 'eggs', 'quark'],
  'bread and cakes': ['loaves', 'rolls', 'flatbread', 'cakes', 'pastries', 'rusks'],
  butchery: ['beef', 'pork', 'poultry', 'lamb', 'sausages', 'game'],
  fishmonger: ['fresh fish', 'smoked fish', 'shellfish', 'roe', 'seaweed'],
  deepfreeze: [
    'ice cream', 'frozen vegetables', 'frozen meals', 'frozen pizza', 'frozen fruit', 'frozen fish', 'frozen dough'
  ],
  'cold meals': ['soups', 'sandwiches', 'dips', 'tofu', 'fresh pasta', 'antipasti'],
  breakfast: ['muesli', 'flakes', 'oats', 'spreads', 'honey', 'pancake mixes'],
  snacks: ['crisps', 'nuts', 'crackers', 'popcorn', 'dried fruit', 'bars', 'pretzels'],
  confectionery: ['chocolate', 'gums', 'toffees', 'biscuits', 'wafers', 'marzipan'],
  'soft drinks': ['water', 'juices', 'lemonades', 'iced teas', 'colas', 'syrups', 'energy drinks'],
  'hot drinks': ['coffee beans', 'ground coffee', 'black tea', 'green tea', 'infusions', 'cocoa'],
  'wine and beer': ['red wine', 'white wine', 'sparkling wine', 'lagers', 'ales', 'ciders', 'spirits'],
  'dry goods': ['rice', 'pasta', 'flour', 'sugar', 'lentils', 'beans', 'couscous'],
  'tins and jars': ['tomatoes', 'pickles', 'tinned fish', 'tinned fruit', 'olives', 'jams', 'stews'],
  seasoning: ['spices', 'salt', 'vinegars', 'oils', 'sauces', 'mustards', 'stocks'],
  'world kitchen': ['noodles', 'curries', 'tortillas', 'coconut', 'miso', 'kimchi'],
  household: ['washing powder', 'dish soap', 'paper towels', 'bin bags', 'candles', 'brushes', 'batteries'],
  bathroom: ['shampoo', 'soap', 'toothpaste', 'razors', 'lotions', 'tissues', 'plasters'],
  babies: ['nappies', 'baby food', 'wipes', 'bottles', 'porridge'],
  pets: ['dog food', 'cat food', 'bird seed', 'litter']
}

export const QUALITIES = [
  'Amber', 'Alpine', 'Brisk', 'Coastal', 'Copper', 'Country', 'Crisp', 'Dark', 'Double', 'Early', 'Farmhouse', 'Fine',
  'Fresh', 'Garden',
  'Gentle', 'Golden', 'Grand', 'Harvest', 'Heather', 'Highland', 'Homely', 'Island', 'Late', 'Light', 'Little',
  'Meadow', 'Mellow', 'Midland',
  'Misty', 'Morning', 'Northern', 'Old Mill', 'Orchard', 'Organic', 'Plain', 'Pure', 'Quick', 'Rustic', 'Silver',
  'Simple', 'Smooth', 'Southern',
  'Spring', 'Summer', 'Sunny', 'Tender', 'Valley', 'Wild', 'Winter', 'Woodland'
]

export const FLAVOURS = [
  'Almond', 'Aniseed', 'Apple', 'Apricot', 'Banana', 'Basil', 'Blackberry', 'Caramel', 'Cardamom', 'Carrot', 'Cherry',
  'Chilli', 'Cinnamon',
  'Clove', 'Coconut', 'Cranberry', 'Cumin', 'Date', 'Elderflower', 'Fennel', 'Fig', 'Garlic', 'Ginger', 'Hazelnut',
  'Jasmine', 'Lavender',
  'Lemon', 'Lime', 'Mango', 'Maple', 'Mint', 'Mustard', 'Nettle', 'Nutmeg', 'Orange', 'Oregano', 'Paprika', 'Parsley',
  'Peach', 'Pear',
  'Pepper', 'Pistachio', 'Plum', 'Pumpkin', 'Quince', 'Raspberry', 'Rhubarb', 'Rosemary', 'Saffron', 'Sage', 'Sesame',
  'Spinach', 'Strawberry',
  'Tarragon', 'Thyme', 'Tomato', 'Turmeric', 'Vanilla', 'Walnut', 'Watercress'
]

export const FIRST_NAMES = [
  'Ada', 'Amir', 'Ben', 'Bo', 'Carla', 'Chidi', 'Dana', 'Diego', 'Elif', 'Emil', 'Farah', 'Felix', 'Greta', 'Hana',
  'Ida', 'Ivan', 'Jonas', 'Kira',
  'Lars', 'Leila', 'Mara', 'Milo', 'Nadia', 'Noor', 'Olga', 'Omar', 'Paula', 'Quinn', 'Rosa', 'Samir', 'Tara', 'Theo',
  'Uma', 'Vera', 'Wanda', 'Yusuf'
]

export const LAST_NAMES = [
  'Abbott', 'Bauer', 'Castro', 'Dumas', 'Eriksen', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jansen', 'Kowalski',
  'Lindqvist', 'Moreau', 'Nakamura',
  'Okafor', 'Petrov', 'Quist', 'Rossi', 'Silva', 'Tanaka', 'Ueda', 'Vogel', 'Weber', 'Xu', 'Yilmaz', 'Zeman'
]

export const CITIES = [
  'Ashford', 'Brookhaven', 'Cedarville', 'Dunmore', 'Eastleigh', 'Fairview', 'Glenwood', 'Harlow', 'Irvine',
  'Kingsbury', 'Lakeside', 'Milton'
]

export const STREETS = [
  'Acorn Lane', 'Bridge Street', 'Church Road', 'Elm Avenue', 'Harbour Way', 'King Street', 'Mill Road', 'Station Road'
]

export const COUNTRIES = ['Atlantis', 'Elbonia', 'Freedonia', 'Genovia', 'Ruritania', 'Sylvania']
