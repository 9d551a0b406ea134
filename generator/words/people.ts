/** First names and surnames of which invented listeners are made. A pair means nobody. */

// prettier-ignore
export const FIRST_NAMES_F: readonly string[] = [
  'Ada', 'Adele', 'Aisha', 'Alba', 'Alice', 'Alma', 'Amara', 'Amelia', 'Anika', 'Anya', 'Astrid', 'Aurora', 'Beatrix',
  'Bianca', 'Camila', 'Carmen', 'Cecilia', 'Celeste', 'Chiara', 'Clara', 'Daphne', 'Delia', 'Diana', 'Edith', 'Elena',
  'Elisa', 'Eloise', 'Elsa', 'Emilia', 'Esme', 'Esther', 'Eva', 'Farah', 'Fatima', 'Flora', 'Freya', 'Frida', 'Gemma',
  'Greta', 'Hana', 'Harriet', 'Hazel', 'Heidi', 'Helena', 'Ida', 'Imani', 'Ines', 'Ingrid', 'Irene', 'Iris', 'Isla',
  'Ivy', 'Jana', 'Jasmine', 'Joanna', 'Josephine', 'Judith', 'Julia', 'June', 'Kamala', 'Katya', 'Keiko', 'Kira', 'Lara',
  'Leila', 'Lena', 'Leonie', 'Lidia', 'Lina', 'Linnea', 'Livia', 'Lola', 'Louisa', 'Lucia', 'Luna', 'Lydia', 'Mabel',
  'Magda', 'Maja', 'Malia', 'Mara', 'Margot', 'Maria', 'Marta', 'Matilda', 'Maya', 'Mercy', 'Mila', 'Mina', 'Mira',
  'Nadia', 'Naomi', 'Nia', 'Nina', 'Noor', 'Nora', 'Odette', 'Olga', 'Olive', 'Ophelia', 'Paloma', 'Paula', 'Petra',
  'Phoebe', 'Pilar', 'Priya', 'Quinn', 'Ramona', 'Renata', 'Rhea', 'Rosa', 'Rosalind', 'Ruth', 'Sabine', 'Salma', 'Sana',
  'Selma', 'Serena', 'Sigrid', 'Silvia', 'Simone', 'Sofia', 'Solveig', 'Sonja', 'Stella', 'Sunniva', 'Sylvie', 'Tamar',
  'Tara', 'Tessa', 'Thea', 'Theresa', 'Tilda', 'Uma', 'Ursula', 'Valeria', 'Vera', 'Viola', 'Willa', 'Winona', 'Xenia',
  'Yara', 'Yasmin', 'Yuki', 'Zara', 'Zelda', 'Zoe',
];

// prettier-ignore
export const FIRST_NAMES_M: readonly string[] = [
  'Abel', 'Adrian', 'Ahmed', 'Akira', 'Albert', 'Alec', 'Alvaro', 'Amir', 'Anders', 'Andre', 'Anton', 'Ariel', 'Arjun',
  'Arlo', 'Arthur', 'August', 'Axel', 'Basil', 'Bastian', 'Bela', 'Benedict', 'Bjorn', 'Boris', 'Bram', 'Bruno', 'Caleb',
  'Casper', 'Cedric', 'Cesar', 'Claude', 'Conrad', 'Cyrus', 'Damian', 'Dario', 'Dexter', 'Diego', 'Dimitri', 'Edgar',
  'Edwin', 'Elias', 'Elio', 'Emil', 'Enzo', 'Erik', 'Ernest', 'Esteban', 'Ethan', 'Ezra', 'Fabian', 'Farid', 'Felipe',
  'Felix', 'Finn', 'Florian', 'Franco', 'Gideon', 'Giles', 'Gregor', 'Gustav', 'Hamid', 'Hans', 'Harvey', 'Hector',
  'Hiro', 'Hugo', 'Ibrahim', 'Igor', 'Ilya', 'Isaac', 'Ivan', 'Jakob', 'Jamal', 'Jasper', 'Joaquin', 'Jonas', 'Jorge',
  'Julian', 'Kai', 'Karim', 'Kaspar', 'Kenji', 'Kofi', 'Lars', 'Laszlo', 'Leander', 'Leon', 'Levi', 'Linus', 'Lorenzo',
  'Lucas', 'Ludwig', 'Luis', 'Magnus', 'Malik', 'Manuel', 'Marco', 'Mateo', 'Matthias', 'Max', 'Milan', 'Milo', 'Mohan',
  'Morris', 'Nadir', 'Nestor', 'Nico', 'Nils', 'Noah', 'Noel', 'Omar', 'Orlando', 'Oscar', 'Otis', 'Otto', 'Pablo',
  'Pascal', 'Paolo', 'Pavel', 'Percy', 'Quentin', 'Rafael', 'Rashid', 'Remy', 'Rocco', 'Roman', 'Rufus', 'Rupert',
  'Samir', 'Sander', 'Santiago', 'Sergio', 'Silas', 'Simon', 'Stefan', 'Sven', 'Tariq', 'Theo', 'Tobias', 'Tomas', 'Uri',
  'Valentin', 'Victor', 'Vikram', 'Walter', 'Wilhelm', 'Xavier', 'Yannick', 'Yusuf', 'Zeno',
];

// prettier-ignore
export const SURNAMES: readonly string[] = [
  'Abara', 'Adeyemi', 'Ahlgren', 'Alcott', 'Almeida', 'Amsel', 'Aoki', 'Arnaud', 'Ashdown', 'Baines', 'Balint', 'Barros',
  'Becket', 'Benitez', 'Bergström', 'Bianchi', 'Birch', 'Blackwood', 'Bloom', 'Bonnet', 'Borges', 'Bramley', 'Brandt',
  'Bright', 'Brook', 'Burke', 'Byrne', 'Cabrera', 'Calloway', 'Castell', 'Chandra', 'Chavez', 'Choi', 'Clement', 'Coburn',
  'Colby', 'Conti', 'Corbin', 'Costa', 'Crane', 'Cruz', 'Dahl', 'Dalton', 'Danso', 'Darwish', 'Delgado', 'Demir', 'Desai',
  'Diallo', 'Doyle', 'Drexler', 'Dunmore', 'Duval', 'Eberhart', 'Ekström', 'Ellery', 'Engel', 'Escobar', 'Eskola',
  'Fairley', 'Falk', 'Farkas', 'Farrow', 'Faure', 'Ferrer', 'Fleming', 'Flores', 'Fontana', 'Forsberg', 'Frost', 'Fuchs',
  'Fujita', 'Galvan', 'Garnett', 'Gauthier', 'Ghosh', 'Gibbons', 'Giordano', 'Goddard', 'Gomes', 'Granger', 'Grieve',
  'Gupta', 'Haddad', 'Hagen', 'Halloran', 'Hansen', 'Hartley', 'Hassan', 'Haugen', 'Hayashi', 'Hedlund', 'Herrera',
  'Hofer', 'Holloway', 'Horvath', 'Hume', 'Ibarra', 'Idris', 'Ingram', 'Ishida', 'Ivanov', 'Jansen', 'Jarvis', 'Jimenez',
  'Juhl', 'Kaplan', 'Karlsson', 'Kaur', 'Keane', 'Keller', 'Kestrel', 'Khalil', 'Kimura', 'Klein', 'Koch', 'Kovac',
  'Kowalski', 'Kumar', 'Lacroix', 'Lambert', 'Larkin', 'Laurent', 'Leclerc', 'Lehmann', 'Lindqvist', 'Lloyd', 'Lombardi',
  'Lopez', 'Lund', 'Madsen', 'Mahler', 'Malone', 'Mancini', 'Marlowe', 'Mbeki', 'Medina', 'Mehta', 'Mendes', 'Mercer',
  'Meyer', 'Molina', 'Moreau', 'Moretti', 'Mori', 'Mwangi', 'Nakata', 'Navarro', 'Ndiaye', 'Nielsen', 'Nomura', 'Novak',
  'Nowak', 'Okafor', 'Olsen', 'Ortega', 'Osman', 'Otieno', 'Pacheco', 'Palmer', 'Park', 'Patel', 'Pemberton', 'Perrin',
  'Petrov', 'Pham', 'Pires', 'Popov', 'Prescott', 'Quill', 'Quiroga', 'Radford', 'Rahman', 'Ramos', 'Reyes', 'Ricci',
  'Rivera', 'Rosario', 'Rossi', 'Rowan', 'Saarinen', 'Sabir', 'Salazar', 'Santos', 'Sato', 'Schreiber', 'Sharma', 'Silva',
  'Singh', 'Solano', 'Sorensen', 'Sousa', 'Stark', 'Steiner', 'Suzuki', 'Szabo', 'Tanaka', 'Thorne', 'Toledo', 'Tran',
  'Tremblay', 'Ueda', 'Ulrich', 'Usman', 'Valdez', 'Varga', 'Vasquez', 'Vega', 'Vidal', 'Vogel', 'Voss', 'Wagner',
  'Walsh', 'Weiss', 'Wilder', 'Winter', 'Wolff', 'Yamada', 'Yilmaz', 'Zamora', 'Zapata', 'Zhou', 'Zimmer',
];
